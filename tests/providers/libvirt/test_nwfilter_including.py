"""What filters bring with them, and the values that they need."""

from __future__ import annotations

import pytest

from kvmplan_libvirt.nwfilter.including import Filter, Filters, Given, Reference
from kvmplan_libvirt.nwfilter.variables import Access, parse_access


def filter_(name: str, *includes: str | Reference, needs: tuple[str, ...] = ()) -> Filter:
    """``needs``: a rule each, variables separated by blanks."""
    rules = frozenset(frozenset(filter(None, map(parse_access, rule.split()))) for rule in needs)
    references = tuple(Reference(one) if isinstance(one, str) else one for one in includes)
    return Filter(name, references, rules)


WORLD = Filters(
    [
        filter_("clean", "ip", "mac"),
        filter_("ip", needs=("$IP",)),
        filter_("mac", needs=("$MAC",)),
        filter_("web", "clean", needs=("$PORT",)),
        filter_("fixed", Reference("ports", {"PORT": ("80", "81")})),
        filter_("ports", needs=("$PORT[1]",)),
        filter_("pairs", needs=("$PORT[@1] $HOST[@1]",)),
        filter_("crossed", needs=("$PORT[@1] $HOST[@2]",)),
        filter_("broken", "web", "nowhere"),
        filter_("one", "two", "clean"),
        filter_("two", "three"),
        filter_("three", "one"),
        filter_("own", "own"),
    ]
)


@pytest.mark.parametrize(
    ("name", "given", "lacks"),
    [
        ("clean", {}, []),
        ("clean", {"CTRL_IP_LEARNING": ("none",)}, ["$IP has no value"]),
        ("clean", {"CTRL_IP_LEARNING": ("none",), "IP": ("10.0.0.1",)}, []),
        ("clean", {"CTRL_IP_LEARNING": ("guess",)}, ["CTRL_IP_LEARNING is one of any, dhcp and none, not guess"]),
        ("web", {}, ["$IP has no value", "$PORT has no value"]),
        ("web", {"PORT": ("80",)}, []),
        ("fixed", {}, []),
        ("fixed", {"PORT": ("80",)}, ["$PORT[1] has no value"]),
        ("ports", {"PORT": ("80",)}, ["$PORT[1] has no value"]),
        ("pairs", {"PORT": ("1", "2"), "HOST": ("a", "b")}, []),
        (
            "pairs",
            {"PORT": ("1", "2"), "HOST": ("a",)},
            ["$HOST and $PORT are used together, so they need equally many values"],
        ),
        ("crossed", {"PORT": ("1", "2"), "HOST": ("a",)}, []),
    ],
)
def test_values_that_are_missing(name: str, given: Given, lacks: list[str]) -> None:
    assert WORLD.lacks(Reference(name, given)) == lacks


def test_what_is_included_and_what_of_it_is_absent() -> None:
    assert WORLD.reached("web") == {"web", "clean", "ip", "mac"}
    assert WORLD.absent("broken") == ["nowhere"]
    assert WORLD.absent("elsewhere") == ["elsewhere"]


def test_loops() -> None:
    assert WORLD.loop("one") == ("one", "two", "three", "one")
    assert WORLD.loop("own") == ("own", "own")
    assert WORLD.loop("web") == WORLD.loop("elsewhere") == ()
    assert WORLD.lacks(Reference("one")) == []


def test_filters_that_include_others_twice_each_are_gone_through_once() -> None:
    deep = Filters([filter_(f"f{number}", f"f{number + 1}", f"f{number + 1}") for number in range(200)])
    assert len(deep.reached("f0")) == 201
    assert deep.lacks(Reference("f0")) == []


@pytest.mark.parametrize(
    ("text", "access"),
    [
        ("$IP", Access("IP")),
        ("$IP[@0]", Access("IP")),
        ("$P[ 2 ]", Access("P", element=2)),
        ("$P[@1]", Access("P", iterator=1)),
        ("IP", None),
        ("$I-P", None),
    ],
)
def test_variables(text: str, access: Access | None) -> None:
    assert parse_access(text) == access
