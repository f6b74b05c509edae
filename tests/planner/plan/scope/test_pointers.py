from __future__ import annotations

import pytest

from kvmplan.addresses import Key, parse_pointer, static_path
from kvmplan.graph import resource_node
from kvmplan.plan.scope.pointers import Pointers, pointers

from ...workspace import address


def named(*texts: str) -> Pointers:
    return pointers(found for text in texts if (found := parse_pointer(text)) is not None)


@pytest.mark.parametrize(
    ("pointer", "covered", "others"),
    [
        ("x.y", ["x.y", "x.y[0]", 'x.y["a"]', "x.y (deposed 01234567)"], ["x.z", "data.x.y", "module.m.x.y"]),
        ("x.y[0]", ["x.y[0]"], ["x.y", "x.y[1]", 'x.y["0"]']),
        ("data.x.y", ["data.x.y"], ["x.y"]),
        ("module.m", ["module.m.x.y", 'module.m["a"].module.n[0].x.y'], ["x.y", "module.n.module.m.x.y"]),
        ('module.m["a"]', ['module.m["a"].x.y[1]'], ["module.m.x.y", 'module.m["b"].x.y']),
        ("module.m.x.y", ["module.m.x.y", 'module.m["a"].x.y[3]'], ["module.m.x.z", "module.m.module.n.x.y"]),
        ("module.m.module.n[1].x.y[0]", ['module.m["a"].module.n[1].x.y[0]'], ['module.m["a"].module.n[0].x.y[0]']),
    ],
)
def test_what_a_pointer_covers(pointer: str, covered: list[str], others: list[str]) -> None:
    asked = named(pointer)
    assert [one for one in covered if not asked.covers(address(one))] == []
    assert [one for one in others if asked.covers(address(one))] == []
    for one in map(address, covered):
        assert asked.touches(resource_node(static_path(one.module), one.within)), "and so it touches the block"


@pytest.mark.parametrize(
    ("pointer", "whole"), [("module.m", True), ("module.m.x.y", True), ('module.m["a"].x.y', False), ("x.y", False)]
)
def test_whether_every_instance_of_a_block_is_covered(pointer: str, whole: bool) -> None:
    assert named(pointer).covers_whole(resource_node(("m",), address("x.y"))) is whole


def test_a_module_instance_is_reached_from_without_and_from_within() -> None:
    asked = named('module.m["a"].x.y', "module.n")
    reached: list[tuple[str, Key]] = [("m", "a"), ("m", "b"), ("n", 0), ("o", None)]
    assert [asked.reach((step,)) for step in reached] == [True, False, True, False]
