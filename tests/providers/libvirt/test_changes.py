"""The calls that lead from what a network is to what it shall be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from kvmplan_libvirt.api import Affect, Command, Label, Section
from kvmplan_libvirt.network.changes import Autostart, Define, Describe, Now, Restart, Start, Stop, Update, actions
from kvmplan_sdk import Object

BOTH = Affect.LIVE | Affect.CONFIG
WEB = {"mac": "52:54:00:aa:00:01", "id": None, "name": "web", "ip": "10.0.0.10"}
DB = {"mac": "52:54:00:aa:00:02", "id": None, "name": "db", "ip": "10.0.0.11"}


def network(*hosts: Object, ranges: list[tuple[str, str]] | None = None, **changed: Any) -> dict[str, Any]:
    dhcp = {"host": list(hosts), "range": [{"start": start, "end": end} for start, end in ranges or ()]}
    ip = {"address": "10.0.0.1", "prefix": 24, "netmask": "255.255.255.0", "family": "ipv4", "dhcp": dhcp}
    return {"name": "lan", "mtu": None, "ip": [ip], "autostart": True, "active": True, **changed}


def running(values: Object) -> Now:
    return Now(live=values, config=values, autostart=True)


def test_what_is_as_wished_needs_no_call() -> None:
    assert list(actions(running(network(WEB)), network(WEB))) == []


def test_a_reservation_changes_live_and_persistently_in_one_call_deletes_first() -> None:
    calls = list(actions(running(network(WEB, DB)), network(DB, {**WEB, "ip": "10.0.0.12"})))
    assert [(call.command, call.section, call.affect) for call in calls if isinstance(call, Update)] == [
        (Command.DELETE, Section.IP_DHCP_HOST, BOTH),
        (Command.ADD_LAST, Section.IP_DHCP_HOST, BOTH),
    ]
    assert [ET.fromstring(call.xml).get("ip") for call in calls if isinstance(call, Update)] == [
        "10.0.0.10",
        "10.0.0.12",
    ]


def test_another_order_or_spelling_of_reservations_is_no_change() -> None:
    assert list(actions(running(network(WEB, DB)), network(DB, {**WEB, "mac": "52:54:00:AA:00:01"}))) == []


def test_ranges_keep_their_order() -> None:
    before, after = [("10.0.0.20", "10.0.0.30"), ("10.0.0.40", "10.0.0.50")], [("10.0.0.21", "10.0.0.30")]
    calls = list(actions(running(network(ranges=before)), network(ranges=[*after, before[1]])))
    assert [(c.command, ET.fromstring(c.xml).get("start")) for c in calls if isinstance(c, Update)] == [
        (Command.DELETE, "10.0.0.20"),
        (Command.DELETE, "10.0.0.40"),
        (Command.ADD_LAST, "10.0.0.21"),
        (Command.ADD_LAST, "10.0.0.40"),
    ]


def test_drift_of_what_runs_is_repaired_there_alone() -> None:
    calls = list(actions(Now(live=network(), config=network(WEB), autostart=True), network(WEB)))
    assert [call.affect for call in calls if isinstance(call, Update)] == [Affect.LIVE]


def test_drift_of_the_definition_is_repaired_there_alone() -> None:
    assert list(actions(Now(live=network(), config=network(mtu=1400), autostart=True), network())) == [Define()]


def test_what_libvirt_takes_only_at_the_start_restarts_the_network() -> None:
    assert list(actions(running(network(WEB)), network(DB, mtu=9000))) == [Define(), Restart()]


def test_a_definition_that_is_right_already_only_needs_the_restart() -> None:
    assert list(actions(Now(live=network(), config=network(mtu=9000), autostart=True), network(mtu=9000))) == [
        Restart()
    ]


def test_a_label_changes_where_it_differs_and_restarts_nothing() -> None:
    titled = Now(live=network(title="LAN"), config=network(title="LAN"), autostart=True)
    assert list(actions(titled, network(title="Office"))) == [Describe(Label.TITLE, "Office", BOTH)]
    assert list(actions(titled, network())) == [Describe(Label.TITLE, None, BOTH)]
    drifted = Now(live=network(), config=network(title="LAN"), autostart=True)
    assert list(actions(drifted, network(title="LAN"))) == [Describe(Label.TITLE, "LAN", Affect.LIVE)]
    assert list(actions(titled, network(title="Office", mtu=1400))) == [Define(), Restart()]


def test_stopping_comes_first_and_starting_last() -> None:
    assert list(actions(running(network()), network(mtu=9000, active=False, autostart=False))) == [
        Stop(),
        Define(),
        Autostart(False),
    ]
    stopped = Now(live=None, config=network(), autostart=True)
    assert list(actions(stopped, network(mtu=9000))) == [Define(), Start()]


def test_a_network_that_is_only_running_is_defined() -> None:
    assert list(actions(Now(live=network(), config=None, autostart=False), network())) == [Define(), Autostart(True)]


hosts = st.lists(
    st.fixed_dictionaries(
        {
            "mac": st.sampled_from([f"52:54:00:00:00:0{n}" for n in range(4)]),
            "id": st.none(),
            "name": st.sampled_from("abcd"),
            "ip": st.sampled_from([f"10.0.0.{n}" for n in range(2, 6)]),
        }
    ),
    max_size=4,
)
ranges = st.lists(st.tuples(st.sampled_from(["10.0.0.20", "10.0.0.30"]), st.just("10.0.0.40")), unique=True, max_size=2)


@given(hosts, ranges, hosts, ranges)
def test_deletes_and_adds_lead_exactly_to_the_wish(old: Any, old_ranges: Any, new: Any, new_ranges: Any) -> None:
    """Played on lists, as libvirt does it: delete the entry that is equal, add at the end."""
    before, after = network(*_unique(old), ranges=old_ranges), network(*_unique(new), ranges=new_ranges)
    held = {Section.IP_DHCP_HOST: _texts(before, "host"), Section.IP_DHCP_RANGE: _texts(before, "range")}
    for call in actions(running(before), after):
        assert isinstance(call, Update)
        entry = tuple(sorted(ET.fromstring(call.xml).attrib.items()))
        if call.command is Command.DELETE:
            held[call.section].remove(entry)
        else:
            held[call.section].append(entry)
    assert sorted(held[Section.IP_DHCP_HOST]) == sorted(_texts(after, "host"))
    assert held[Section.IP_DHCP_RANGE] == _texts(after, "range")


def _unique(items: list[Object]) -> list[Object]:
    return [item for index, item in enumerate(items) if item not in items[:index]]


def _texts(values: dict[str, Any], kind: str) -> list[tuple[tuple[str, str], ...]]:
    entries = values["ip"][0]["dhcp"][kind]
    return [tuple(sorted((key, value) for key, value in entry.items() if value is not None)) for entry in entries]


def test_calls_say_what_they_affect_when_live_and_persistent_differ() -> None:
    now = replace(running(network(WEB)), config=network(DB))
    calls = [call for call in actions(now, network(WEB, DB)) if isinstance(call, Update)]
    assert [(call.affect, ET.fromstring(call.xml).get("name")) for call in calls] == [
        (Affect.CONFIG, "web"),
        (Affect.LIVE, "db"),
    ]
