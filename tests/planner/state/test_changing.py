"""States changed by hand: what moves, is forgotten, pushed, handed over; and what is said where that cannot be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kvmplan.state.model import Instance, State, new_state
from kvmplan.state.moving import moved, moves_of
from kvmplan.state.providers import handed_over, made_by
from kvmplan.state.pushing import check_follows
from kvmplan.state.removing import removed
from kvmplan.state.selection import selected
from kvmplan_sdk.diagnostics import DiagnosticError

from ..workspace import address

ADDRESSES = (
    "x_y.one",
    "x_y.many[0]",
    "x_y.many[1]",
    'x_y.keyed["a"]',
    'x_y.keyed["b"]',
    "module.m.x_y.in",
    'module.each["a"].x_y.in',
    'module.each["b"].x_y.in',
    'module.each["b"].module.deep.x_y.in["k"]',
    "x_z.other",
    "x_z.other[0]",
    "x_z.mixed[0]",
)


def state_of(*texts: str) -> State:
    instances = [Instance(address=address(text), host="kvm1", values={}) for text in texts]
    return new_state("lineage").next(
        instances={one.address: one for one in instances}, outputs={}, hosts={"kvm1": "ssh://kvm1"}
    )


STATE = state_of(*ADDRESSES)


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        ("x_y.one", ["x_y.one"]),
        ("x_y.many", ["x_y.many[0]", "x_y.many[1]"]),
        ("x_y.many[1]", ["x_y.many[1]"]),
        ("module.m", ["module.m.x_y.in"]),
        ('module.each["b"]', ['module.each["b"].x_y.in', 'module.each["b"].module.deep.x_y.in["k"]']),
        ("module.each", ['module.each["a"].x_y.in', 'module.each["b"].x_y.in', ADDRESSES[8]]),
        ('module.each["b"].module.deep', ['module.each["b"].module.deep.x_y.in["k"]']),
    ],
)
def test_what_an_address_selects(named: str, meant: list[str]) -> None:
    assert [str(one.address) for one in selected(STATE, [named])] == meant


def test_everything_that_is_not_there_is_told_at_once_with_what_was_meant() -> None:
    with pytest.raises(DiagnosticError) as refused:
        selected(STATE, ["x_y.one", "x_y.mny", "module.ech", "nonsense", "x_y.many[2]"])
    said = [f"{one.summary}: {one.detail}" for one in refused.value.diagnostics]
    assert len(said) == 4
    assert 'Did you mean "x_y.many"?' in said[0]
    assert 'Did you mean "module.each"?' in said[1]
    assert "Invalid address" in said[2]
    assert "x_y.many[" in said[3]


@pytest.mark.parametrize(
    ("source", "target", "came"),
    [
        ("x_y.one", "x_y.two", {"x_y.one": "x_y.two"}),
        ("x_y.one", 'x_y.many["k"]', {"x_y.one": 'x_y.many["k"]'}),
        ("x_y.many", "x_y.few", {"x_y.many[0]": "x_y.few[0]", "x_y.many[1]": "x_y.few[1]"}),
        ("x_y.many[1]", "x_y.one_more", {"x_y.many[1]": "x_y.one_more"}),
        ("x_y.one", "module.n.x_y.one", {"x_y.one": "module.n.x_y.one"}),
        ("module.m", 'module.n["k"]', {"module.m.x_y.in": 'module.n["k"].x_y.in'}),
        (
            "module.each",
            "module.m.module.each",
            {
                'module.each["a"].x_y.in': 'module.m.module.each["a"].x_y.in',
                'module.each["b"].x_y.in': 'module.m.module.each["b"].x_y.in',
                'module.each["b"].module.deep.x_y.in["k"]': 'module.m.module.each["b"].module.deep.x_y.in["k"]',
            },
        ),
        ("x_z.other", "x_z.mixed", {"x_z.other": "x_z.mixed"}),
        ('module.each["a"]', "module.a", {'module.each["a"].x_y.in': "module.a.x_y.in"}),
    ],
)
def test_what_moves_where(source: str, target: str, came: dict[str, str]) -> None:
    moves = moves_of(STATE, source, target)
    assert {str(old): str(new) for old, new in moves.items()} == came
    after = moved(STATE, moves)
    assert after.serial == STATE.serial + 1
    assert len(after.instances) == len(STATE.instances)
    for old, new in came.items():
        assert after.instances[address(new)].tag == old
        assert address(old) not in after.instances
    back = moved(after, {new: old for old, new in moves.items()})
    assert back.instances == STATE.instances, "what returns carries its own address"


@pytest.mark.parametrize(
    ("source", "target", "summaries"),
    [
        ("x_y.none", "x_y.two", ["Nothing at this address"]),
        ("x_y.one", "x_y.one", ["Move to the same place"]),
        ("x_y.one", "x_z.one", ["Move to another type"]),
        ("x_y.one", "module.n", ["Move to something else"]),
        ("module.m", "x_y.n", ["Move to something else"]),
        ("x_y.many", "x_y.keyed[0]", ["Several instances to one address"]),
        ("x_y.one", 'x_y.keyed["a"]', ["Address is taken"]),
        ('module.each["a"]', 'module.each["b"]', ["Address is taken"]),
        ("x_y.many", "x_y.keyed", ["Address is taken"]),
        ("module.each", "module.m", ["Address is taken"]),
        ("x_y.one", "two", ["Invalid address"]),
    ],
)
def test_what_cannot_move(source: str, target: str, summaries: list[str]) -> None:
    with pytest.raises(DiagnosticError) as refused:
        moves_of(STATE, source, target)
    assert [one.summary for one in refused.value.diagnostics] == summaries


def with_dependencies(**dependencies: str) -> State:
    """``STATE``, in which x_y.one depends on these."""
    one = STATE.instances[address("x_y.one")]
    return STATE.with_instances({one.address: replace(one, dependencies=tuple(map(address, dependencies.values())))})


@pytest.mark.parametrize(
    ("source", "target", "depends", "then"),
    [
        ("x_z.other", "x_z.another", "x_z.other", ["x_z.another"]),
        ("x_y.many[0]", "x_y.first", "x_y.many[0]", ["x_y.first"]),
        ("x_y.many[0]", "x_y.first", "x_y.many[1]", ["x_y.many[1]"]),
        ("x_y.many[0]", "x_y.first", "x_y.many", ["x_y.first", "x_y.many"]),
        ("x_y.many", "x_y.few", "x_y.many", ["x_y.few"]),
    ],
)
def test_what_depends_on_something_follows_it(source: str, target: str, depends: str, then: list[str]) -> None:
    state = with_dependencies(on=depends)
    after = moved(state, moves_of(state, source, target))
    assert list(map(str, after.instances[address("x_y.one")].dependencies)) == then


def test_nothing_depends_on_what_was_forgotten() -> None:
    state = with_dependencies(a="x_y.many", b="x_z.other", c="x_y.keyed")
    after = removed(state, selected(state, ["x_z.other", "x_y.keyed", "x_y.many[0]"]))
    assert after.serial == state.serial + 1
    assert list(map(str, after.instances[address("x_y.one")].dependencies)) == ["x_y.many"]
    assert len(after.instances) == len(ADDRESSES) - 5
    everything = removed(state, state.instances.values())
    assert (everything.instances, everything.hosts) == ({}, {})


@pytest.mark.parametrize(
    ("pushed", "said"),
    [
        (STATE, None),
        (replace(STATE, serial=STATE.serial + 1), None),
        (replace(STATE, serial=STATE.serial - 1), "State is older"),
        (replace(STATE, lineage="other", serial=99), "State of something else"),
        (replace(STATE, instances={}), "State is another one of the same serial"),
    ],
)
def test_what_may_be_pushed(pushed: State, said: str | None) -> None:
    check_follows(pushed, None)
    try:
        check_follows(pushed, STATE)
    except DiagnosticError as refused:
        assert [one.summary for one in refused.diagnostics] == [said]
    else:
        assert said is None


def test_objects_are_handed_over_to_another_provider() -> None:
    instances = made_by(STATE, "x")
    assert len(instances) == len(ADDRESSES)
    after = handed_over(STATE, instances[:2], "w")
    assert [str(one.address) for one in made_by(after, "w")] == [str(one.address) for one in instances[:2]]
    assert after.serial == STATE.serial + 1
