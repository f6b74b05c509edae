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
        anew=[{"name": "wan", "ip": [IP]}],
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
    "a UUID in capitals": Case(
        type="libvirt_network",
        create={"name": "lan", "uuid": "ABCDEF01-2345-4000-8000-00000000ABCD", "ip": [IP]},
        updates=[{"name": "lan", "uuid": "ABCDEF01-2345-4000-8000-00000000ABCD", "ip": [IP], "mtu": 1400}],
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
                "ip": [
                    {
                        "address": "fd00::1",
                        "prefix": 64,
                        "dhcp": dhcp({"id": "0:3:0:1:52:54:0:AA:0:16", "ip": "fd00::b"}),
                    }
                ],
            }
        ],
    ),
}


octets = st.integers(2, 250)
macs = st.integers(0, 255).map(lambda last: f"52:54:00:AB:00:{last:02X}")
words = st.text("abcdefgh-", min_size=1, max_size=8).filter(lambda word: word.strip("-") == word)
yes = st.booleans()


def some(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A block with any of these."""
    return st.fixed_dictionaries({}, optional=optional)


def all_of(**required: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(required)


def few(one: st.SearchStrategy[Any], by: str, at_least: int = 0) -> st.SearchStrategy[Any]:
    return st.lists(one, min_size=at_least, max_size=3, unique_by=lambda item: str(item[by]))


leases = st.fixed_dictionaries(
    {"expiry": st.integers(120, 999)}, optional={"unit": st.sampled_from(["seconds", "minutes", "hours"])}
)
rates = st.fixed_dictionaries(
    {"average": st.integers(1, 99)}, optional={"peak": st.integers(1, 99), "burst": st.integers(1, 99)}
)
bandwidths = some(inbound=rates, outbound=rates)
vlans = some(trunk=st.just(True)).flatmap(
    lambda vlan: few(all_of(id=st.integers(1, 99)), "id", 1).map(lambda tags: {**vlan, "tag": tags})
)
switches = st.fixed_dictionaries({"type": st.just("openvswitch")}, optional={"profile_id": words})


def groups(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = {"default": st.just(False), "trust_guest_rx_filters": yes, "bandwidth": bandwidths, **optional}
    return few(st.fixed_dictionaries({"name": words}, optional=parts), "name")


@st.composite
def served(draw: st.DrawFn) -> Object:
    """DHCP in 10.70.0.0/24."""
    edges = sorted(draw(st.lists(octets, min_size=4, max_size=4, unique=True)))
    spans = [(f"10.70.0.{first}", f"10.70.0.{last}") for first, last in (edges[:2], edges[2:])]
    ranges = [{"start": first, "end": last, "lease": draw(st.none() | leases)} for first, last in spans]
    host = st.fixed_dictionaries(
        {"mac": macs, "ip": octets.map(lambda last: f"10.70.0.{last}"), "name": words}, optional={"lease": leases}
    )
    keys = (lambda one: one["mac"], lambda one: one["ip"], lambda one: one["name"])
    return {
        "range": ranges[: draw(st.integers(1, 2))],
        "host": draw(st.lists(host, max_size=4, unique_by=keys)),
        "bootp": draw(st.none() | st.fixed_dictionaries({"file": words}, optional={"server": st.just("10.70.0.9")})),
    }


@st.composite
def subnets(draw: st.DrawFn, index: int) -> Object:
    """A subnet of its own by ``index``; DHCP only on the first of each family, as libvirt has it."""
    if index == 2:
        ids = st.integers(0, 255).map(lambda last: f"00:03:00:01:52:54:00:00:00:{last:02x}")
        ips = octets.map(lambda last: f"fd00:70::{last:x}")
        hosts = draw(
            st.lists(all_of(id=ids, ip=ips), max_size=2, unique_by=(lambda one: one["id"], lambda one: one["ip"]))
        )
        return {"address": "fd00:70::1", "prefix": 64, "dhcp": dhcp(*hosts) if hosts else None}
    address, options = f"10.7{index}.0.1", draw(some(local_ptr=yes, tftp=st.just("/srv/tftp")))
    if index or not draw(yes):
        return {"address": address, "prefix": draw(st.integers(16, 24)), **options}
    return {"address": address, "prefix": 24, **options, "dhcp": draw(served())}


names = all_of(
    ip=octets.map(lambda last: f"10.70.0.{last}"), hostname=st.lists(words, min_size=1, max_size=2, unique=True)
)
services = st.fixed_dictionaries(
    {"service": words, "protocol": st.sampled_from(["tcp", "udp"])},
    optional={"domain": words, "target": words.map(lambda word: f"{word}."), "port": st.integers(1, 99)},
).filter(lambda service: "target" in service or "port" not in service)
dns = some(
    enable=st.just(True),
    forward_plain_names=yes,
    forwarder=few(some(domain=words).flatmap(lambda one: st.just({**one, "addr": "192.0.2.1"})), "addr"),
    host=few(names, "ip"),
    txt=few(all_of(name=words, value=words), "name"),
    srv=few(services, "service"),
)
nats = some(
    ipv6=yes,
    address=st.just({"start": "192.0.2.7", "end": "192.0.2.9"}),
    port=st.just({"start": 2000, "end": 3000}),
)
routes = few(
    all_of(address=octets.map(lambda last: f"10.{last}.0.0"), prefix=st.just(16), gateway=st.just("10.70.0.2")),
    "address",
)
ANY_MODE: dict[str, st.SearchStrategy[Any]] = {
    "bandwidth": bandwidths,
    "trust_guest_rx_filters": yes,
    "autostart": yes,
    "active": yes,
}
OWN_BRIDGE: dict[str, st.SearchStrategy[Any]] = {
    "mtu": st.integers(68, 9000),
    "mac": macs,
    "ipv6": yes,
    "port_isolated": yes,
    "domain": st.fixed_dictionaries({"name": words}, optional={"local_only": yes}),
    "bridge": some(
        stp=yes, delay=st.integers(0, 30), zone=words, mac_table_manager=st.sampled_from(["kernel", "libvirt"])
    ),
    "dns": dns,
    "route": routes,
    "portgroup": groups(),
}
DEVICES = st.sampled_from(["eth1", "eth2", "eth3"])
POOL = few(all_of(dev=DEVICES), "dev", 1)
FUNCTIONS = few(
    all_of(bus=st.just("0x03"), slot=st.just("0x10"), function=st.integers(0, 7).map("0x{}".format)), "function", 1
)
ON_DEVICES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "bridge": {"bridge": all_of(name=st.sampled_from(["br0", "br1"])), "virtualport": switches, "vlan": vlans},
    "private": {"interface": POOL},
    "passthrough": {"interface": POOL},
    "hostdev": {"address": FUNCTIONS, "managed": yes, "vlan": vlans},
}


@st.composite
def networks(draw: st.DrawFn) -> Object:
    """Of any mode, with anything that it can have but ``dnsmasq_options``, which the test driver drops."""
    mode = draw(st.sampled_from(["nat", "route", "open", "isolated", *ON_DEVICES]))
    if mode in ON_DEVICES:
        groups_too = {**ANY_MODE, "portgroup": groups(vlan=vlans, virtualport=switches)}
        return {"name": "lan", "mode": mode, **draw(st.fixed_dictionaries(ON_DEVICES[mode], optional=groups_too))}
    optional = {**ANY_MODE, **OWN_BRIDGE, **({"nat": nats} if mode == "nat" else {})}
    written = draw(st.fixed_dictionaries({}, optional=optional))
    count = draw(st.integers(1, 3))
    return {"name": "lan", "mode": mode, "ip": [draw(subnets(index)) for index in range(count)], **written}


def held_to_the_rules(rig: Rig, case: Case) -> None:
    """A running network is not moved: libvirt's test driver does not show what is defined meanwhile."""
    running = [case.create, *case.updates][-1].get("active", True)
    exercise(rig.provider, rig.open, replace(case, moves=not running))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(networks(), networks())
def test_any_network_can_become_any_other(rig: Rig, first: Object, second: Object) -> None:
    held_to_the_rules(rig, Case(type="libvirt_network", create=first, updates=[second], unknowns=False))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_rules_hold(rig: Rig, case: Case) -> None:
    assert case.lineage == LINEAGE
    held_to_the_rules(rig, case)
    assert [network.name() for network in rig.connection.listAllNetworks()] == ["default"]
