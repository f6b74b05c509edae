"""Filters that are there already, listed from documents: libvirt's test driver has none."""

from __future__ import annotations

import pytest
from tests.providers.libvirt.conftest import Rig
from tests.providers.libvirt.test_assess_filters import session, uuid_of

from kvmplan_sdk import DiagnosticError

RULE = "<rule action='drop' direction='in'/>"
THERE = {
    "clean-traffic": RULE,
    "own": f"<filterref filter='clean-traffic'/>{RULE}",
    "mixed": f"{RULE}<filterref filter='clean-traffic'/>",
}


def test_all_but_libvirts_own_is_discovered(rig: Rig) -> None:
    found = {one.name: one for one in session(rig, THERE).discover() if one.type == "libvirt_nwfilter"}
    assert {name: one.identifier for name, one in found.items()} == {name: uuid_of(name) for name in ("own", "mixed")}
    assert [name for name, one in found.items() if "after rules of its own" in one.note] == ["mixed"]


def test_a_filter_has_two_names(rig: Rig) -> None:
    opened = session(rig, THERE)
    named, numbered = (opened.import_state("libvirt_nwfilter", name).values for name in ("own", uuid_of("own").upper()))
    assert named == numbered
    assert (named["name"], named["uuid"], named["chain"], named["priority"]) == ("own", uuid_of("own"), "root", 0)


@pytest.mark.parametrize(
    ("identifier", "said"),
    [
        ("nope", "There is no filter nope: Give a name or a UUID. Filters on this host, .*: mixed, own"),
        ("clean-traffic", "Filter clean-traffic is one of libvirt's own"),
    ],
)
def test_what_cannot_be_taken_in_is_told(rig: Rig, identifier: str, said: str) -> None:
    with pytest.raises(DiagnosticError, match=said):
        session(rig, THERE).import_state("libvirt_nwfilter", identifier)
