from __future__ import annotations

import pytest

from kvmplan.lane import Lane
from kvmplan.plan.model import Drift
from kvmplan.plan.refresh import Ignoring, heard_of, parse_rule, unknown_rules
from kvmplan_sdk.values import Object, Path, Value

from ...workspace import address


@pytest.mark.parametrize(
    ("text", "pointer", "path"),
    [
        ("x.y", "x.y", ()),
        ("x.y[0]", "x.y[0]", ()),
        ("x.y.mtu", "x.y", ("mtu",)),
        ('x.y["a.b"].rules[2].port', 'x.y["a.b"]', ("rules", 2, "port")),
        ('x.y.labels["a b"]', "x.y", ("labels", "a b")),
        ('module.m["k"].module.n.x.y.mtu', 'module.m["k"].module.n.x.y', ("mtu",)),
        ("module.m", "module.m", ()),
    ],
)
def test_rules_are_addresses_with_or_without_a_path(text: str, pointer: str, path: Path) -> None:
    rule = parse_rule(text)
    assert rule is not None
    assert (str(rule.pointer), rule.path) == (pointer, path)


@pytest.mark.parametrize("text", ["", "x", "x.y.", "x.y..z", "x.y.z[", "x.y z", 'x.y["', "module.m.mtu z"])
def test_what_is_no_rule(text: str) -> None:
    assert parse_rule(text) is None


def drifted(at: str, before: Object, after: Object | None) -> Drift:
    return Drift(address=address(at), lane=Lane("local", "x", ""), before=before, after=after)


def rules(*texts: str) -> list[Ignoring]:
    found = [parse_rule(text) for text in texts]
    return [rule for rule in found if rule is not None]


def test_what_is_left_when_parts_do_not_matter() -> None:
    before: dict[str, Value] = {"size": 1, "ports": [{"number": 1}, {"number": 2}], "note": "a"}
    after: dict[str, Value] = {"size": 2, "ports": [{"number": 1}, {"number": 3}], "note": "b"}
    one = drifted("x.y[0]", before, after)
    (left,), ignored = heard_of([one], rules("x.y.ports[1].number", "x.y[0].size", "x.y[1].note"))
    assert left.after == {**before, "note": "b"}
    assert ignored == ()
    assert heard_of([one], rules("x.y.ports", "x.y.size", "x.y.note")) == ((), (one.address,))


def test_what_is_gone_is_ignored_as_a_whole_or_not_at_all() -> None:
    one = drifted("module.m.x.y", {"size": 1}, None)
    assert heard_of([one], rules("module.m.x.y.size")) == ((one,), ())
    assert heard_of([one], rules("module.m")) == ((), (one.address,))


def test_rules_that_name_nothing() -> None:
    known = {address('module.m["a"].x.y[0]'): None}
    assert list(map(str, unknown_rules(rules("module.m.x.y.size", "x.y", "module.n"), known))) == ["x.y", "module.n"]
