"""Networks led through their lives on libvirt's test driver, the contract's rules asserted all along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.providers.libvirt.conftest import LINEAGE, Rig

from kvmplan_sdk import Object
from kvmplan_sdk.testing.conformance import Case, exercise

IP: Object = {"address": "10.77.0.1", "prefix": 24}
WEB = {"mac": "52:54:00:AA:00:01", "name": "web", "ip": "10.77.0.10"}
DB = {"mac": "52:54:00:aa:00:02", "name": "db", "ip": "10.77.0.11"}


def dhcp(*hosts: dict[str, str], ranges: tuple[tuple[str, str], ...] = ()) -> Object:
    return {"host": list(hosts), "range": [{"start": start, "end": end} for start, end in ranges]}


CASES = {
    "nat, with reservations that come, change and go": Case(
        type="libvirt_network",
        create={"name": "lan", "ip": [{**IP, "dhcp": dhcp(WEB, DB)}]},
        updates=[
            {"name": "lan", "ip": [{**IP, "dhcp": dhcp(DB, {**WEB, "ip": "10.77.0.12"})}]},
            {"name": "lan", "ip": [{**IP, "dhcp": dhcp({**DB, "ip": "10.77.0.12"}, {**WEB, "ip": "10.77.0.11"})}]},
            {"name": "lan", "ip": [{**IP, "dhcp": dhcp(ranges=(("10.77.0.100", "10.77.0.110"),))}]},
            {"name": "lan", "ip": [IP]},
        ],
    ),
    "open, with ranges that move": Case(
        type="libvirt_network",
        create={
            "name": "lan",
            "mode": "open",
            "ip": [{**IP, "dhcp": dhcp(ranges=(("10.77.0.50", "10.77.0.60"), ("10.77.0.70", "10.77.0.80")))}],
        },
        updates=[
            {
                "name": "lan",
                "mode": "open",
                "ip": [{**IP, "dhcp": dhcp(ranges=(("10.77.0.55", "10.77.0.60"), ("10.77.0.70", "10.77.0.80")))}],
            },
        ],
    ),
    "switched off and on": Case(
        type="libvirt_network",
        create={"name": "lan", "ip": [IP]},
        updates=[
            {"name": "lan", "ip": [IP], "active": False, "autostart": False},
            {"name": "lan", "ip": [{**IP, "dhcp": dhcp(WEB)}], "active": False},
            {"name": "lan", "ip": [IP]},
        ],
    ),
    "two addresses of one name": Case(
        type="libvirt_network",
        create={"name": "lan", "ip": [IP], "dns": {"host": [{"ip": "10.77.0.9", "hostname": ["a", "b"]}]}},
        updates=[
            {
                "name": "lan",
                "ip": [IP],
                "dns": {"host": [{"ip": "10.77.0.9", "hostname": ["a"]}, {"ip": "fd00::9", "hostname": ["a", "b"]}]},
            },
            {"name": "lan", "ip": [IP], "dns": {"host": [{"ip": "fd00::9", "hostname": ["a"]}]}},
        ],
    ),
    "never on": Case(type="libvirt_network", create={"name": "lan", "ip": [IP], "active": False}),
    "what needs a restart": Case(
        type="libvirt_network",
        create={"name": "lan", "ip": [IP]},
        updates=[
            {
                "name": "lan",
                "mode": "route",
                "mtu": 9000,
                "mac": "52:54:00:0A:0B:0C",
                "bridge": {"name": "br-lan", "stp": False, "delay": 2},
                "domain": {"name": "lan.test", "local_only": True},
                "ip": [IP, {"address": "FD00:77:0::1", "prefix": 64}],
            },
            {"name": "lan", "ip": [{"address": "10.78.0.1", "netmask": "255.255.0.0"}]},
        ],
    ),
    "isolated, without an address": Case(
        type="libvirt_network", create={"name": "lan", "mode": "isolated"}, updates=[{"name": "lan", "ip": [IP]}]
    ),
    "on a bridge of the host": Case(
        type="libvirt_network",
        create={"name": "lan", "mode": "bridge", "bridge": {"name": "br0"}},
        updates=[
            {"name": "lan", "mode": "bridge", "bridge": {"name": "br1"}},
            {"name": "lan", "mode": "nat", "ip": [IP]},
        ],
    ),
    "a pool of virtual functions": Case(
        type="libvirt_network",
        create={"name": "vfs", "mode": "hostdev", "address": [{"bus": "0x03", "slot": "0x10", "function": "0x1"}]},
        updates=[
            {
                "name": "vfs",
                "mode": "hostdev",
                "managed": True,
                "address": [
                    {"bus": "0x03", "slot": "0x10", "function": "0x3"},
                    {"domain": "0x0001", "bus": "0x03", "slot": "0x10", "function": "0x1"},
                ],
                "portgroup": [
                    {"name": "lab", "trust_guest_rx_filters": True, "virtualport": {"profile_id": "lab"}},
                ],
            },
        ],
    ),
    "a name too long for its bridge": Case(
        type="libvirt_network", create={"name": "a network with quite a long name", "ip": [IP]}
    ),
    "IPv6 reservations": Case(
        type="libvirt_network",
        create={
            "name": "lan",
            "ip": [{"address": "fd00::1", "prefix": 64, "dhcp": dhcp({"name": "web", "ip": "FD00::A"})}],
        },
        updates=[
            {
                "name": "lan",
                "ip": [{"address": "fd00::1", "prefix": 64, "dhcp": dhcp({"id": "0:3:0:1:0:16", "ip": "fd00::b"})}],
            }
        ],
    ),
}


octets = st.integers(2, 250)
macs = st.integers(0, 255).map(lambda last: f"52:54:00:AB:00:{last:02X}")
words = st.text("abcdefgh-", min_size=1, max_size=8).filter(lambda word: word.strip("-") == word)


@st.composite
def subnets(draw: st.DrawFn, index: int) -> Object:
    """A subnet of its own by ``index``; DHCP only on the first, as libvirt has it."""
    address = f"10.7{index}.0.1"
    if index or not draw(st.booleans()):
        return {"address": address, "prefix": draw(st.integers(16, 24))}
    first, last = sorted(draw(st.lists(octets, min_size=2, max_size=2, unique=True)))
    host = st.fixed_dictionaries({"mac": macs, "ip": octets.map(lambda last: f"10.70.0.{last}"), "name": words})
    keys = (lambda one: one["mac"], lambda one: one["ip"], lambda one: one["name"])
    hosts = draw(st.lists(host, max_size=4, unique_by=keys))
    return {
        "address": address,
        "prefix": 24,
        "dhcp": dhcp(*hosts, ranges=((f"10.70.0.{first}", f"10.70.0.{last}"),)),
    }


@st.composite
def networks(draw: st.DrawFn) -> Object:
    names = st.fixed_dictionaries(
        {
            "ip": octets.map(lambda last: f"10.70.0.{last}"),
            "hostname": st.lists(words, min_size=1, max_size=2, unique=True),
        }
    )
    optional: dict[str, st.SearchStrategy[Any]] = {
        "mtu": st.integers(68, 9000),
        "domain": st.fixed_dictionaries({"name": words}, optional={"local_only": st.booleans()}),
        "bridge": st.fixed_dictionaries({}, optional={"stp": st.booleans(), "delay": st.integers(0, 30)}),
        "dns": st.fixed_dictionaries(
            {"enable": st.just(True)},
            optional={
                "host": st.lists(names, max_size=2, unique_by=lambda one: one["ip"]),
                "txt": st.lists(st.fixed_dictionaries({"name": words, "value": words}), max_size=2, unique_by=str),
            },
        ),
        "portgroup": st.lists(
            st.fixed_dictionaries({"name": words}, optional={"default": st.just(False)}),
            max_size=2,
            unique_by=lambda one: one["name"],
        ),
        "autostart": st.booleans(),
        "active": st.booleans(),
    }
    modes: dict[str, st.SearchStrategy[Any]] = {"mode": st.sampled_from(["nat", "route", "open", "isolated"])}
    written = draw(st.fixed_dictionaries(modes, optional=optional))
    return {"name": "lan", "ip": [draw(subnets(index)) for index in range(draw(st.integers(1, 2)))], **written}


def held_to_the_rules(rig: Rig, case: Case) -> None:
    """A running network is not moved: libvirt's test driver does not show what is defined meanwhile."""
    running = [case.create, *case.updates][-1].get("active", True)
    exercise(rig.provider, rig.open, replace(case, moves=not running))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(networks(), networks())
def test_any_network_can_become_any_other(rig: Rig, first: Object, second: Object) -> None:
    held_to_the_rules(rig, Case(type="libvirt_network", create=first, updates=[second]))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_rules_hold(rig: Rig, case: Case) -> None:
    assert case.lineage == LINEAGE
    held_to_the_rules(rig, case)
    assert [network.name() for network in rig.connection.listAllNetworks()] == ["default"]
