"""What cannot work in one object by itself is told at plan time, with its place."""

from __future__ import annotations

import time
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests.providers.libvirt.conftest import Rig

from kvmplan_libvirt.network.changes import Now, actions
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.network.xml import document
from kvmplan_libvirt.ownership import Owner
from kvmplan_libvirt.provider import SCHEMA
from kvmplan_libvirt.reconcile import respell
from kvmplan_sdk import InterfaceClaim, MacClaim, Object, Planned, SubnetClaim
from kvmplan_sdk.testing.proposals import proposal
from kvmplan_sdk.values import format_path

IP: Object = {"address": "10.0.0.1", "prefix": 24}
HOST = {"mac": "52:54:00:00:00:01", "ip": "10.0.0.9"}


def plan(rig: Rig, type_: str, written: Object, prior: Object | None = None) -> Planned:
    return rig.open().plan(proposal(SCHEMA.resources[type_], f"{type_}.x", written, prior))


def ip(*hosts: Object, start: str = "", end: str = "", **changed: Any) -> dict[str, Any]:
    dhcp = {"host": list(hosts), "range": [{"start": start, "end": end}] if start else []}
    return {"ip": [{**IP, "dhcp": dhcp, **changed}]}


def span(first: int, last: int) -> Object:
    return {"start": f"10.0.0.{first}", "end": f"10.0.0.{last}"}


def route(**changed: Any) -> Object:
    return {"address": "10.9.0.0", "prefix": 16, "gateway": "10.0.0.9", **changed}


NETWORKS: list[tuple[Object, list[str]]] = [
    ({}, ['mode: A network of mode "nat" needs an address']),
    ({"mode": "open"}, ['mode: A network of mode "open" needs an address']),
    ({"mode": "isolated"}, []),
    ({"mode": "bridge"}, ["mode: The host's bridge is missing"]),
    (
        {"mode": "bridge", "bridge": {"name": "br0", "stp": True}, "mtu": 9000, "ip": [IP]},
        [
            'bridge.stp: `bridge.stp` is not for mode "bridge"',
            'mtu: `mtu` is not for mode "bridge"',
            'ip: `ip` is not for mode "bridge"',
        ],
    ),
    ({"ip": [{"address": "10.0.0.1"}]}, ["ip[0]: The subnet's size is missing"]),
    ({"ip": [{"address": "10.0.0.1", "prefix": 64}]}, ["ip[0].prefix: 64 bits are too many for 10.0.0.1"]),
    ({"ip": [{**IP, "address": "10.0.0.0"}]}, ["ip[0].address: 10.0.0.0 is the subnet itself"]),
    ({"ip": [{**IP, "family": "ipv6"}]}, ["ip[0].family: 10.0.0.1 is no ipv6 address"]),
    (ip(), []),
    ({"title": "LAN", "ip": [IP]}, ["title: `title` needs libvirt 9.7.0"]),
    ({"mode": "isolated", "dev": "eth0"}, ['dev: `dev` is not for mode "isolated"']),
    ({"mode": "route", "nat": {"ipv6": True}, "ip": [IP]}, ['nat: `nat` is not for mode "route"']),
    ({"mode": "vepa"}, ["mode: The host's device is missing"]),
    ({"mode": "vepa", "dev": "eth0"}, []),
    ({"mode": "vepa", "pf": {"dev": "eth0"}}, ['pf: `pf` is not for mode "vepa"']),
    ({"mode": "passthrough", "pf": {"dev": "eth0"}}, []),
    ({"mode": "isolated", "vlan": {"tag": [{"id": 7}]}}, ["vlan: VLANs of a Linux bridge need libvirt 11.0"]),
    (
        ip(start="10.0.1.2", end="10.0.0.9"),
        [
            "ip[0].dhcp.range[0].start: 10.0.1.2 is outside the subnet",
            "ip[0].dhcp.range[0]: The range 10.0.1.2 to 10.0.0.9 is empty",
        ],
    ),
    (
        ip(start="10.0.0.1", end="10.0.0.9"),
        ["ip[0].dhcp.range[0]: The range 10.0.0.1 to 10.0.0.9 holds the host's own address"],
    ),
    (
        ip(start="10.0.0.0", end="10.0.0.255"),
        [
            "ip[0].dhcp.range[0].start: 10.0.0.0 is the subnet itself",
            "ip[0].dhcp.range[0].end: 10.0.0.255 is the subnet's broadcast address",
            "ip[0].dhcp.range[0]: The range 10.0.0.0 to 10.0.0.255 holds the host's own address",
        ],
    ),
    (
        ip(start="10.0.0.2", end="10.5.0.0", prefix=8),
        ["ip[0].dhcp.range[0]: The range 10.0.0.2 to 10.5.0.0 is too large"],
    ),
    (
        {"ip": [{**IP, "dhcp": {"range": [span(30, 40), span(10, 35), span(50, 60), span(36, 38)]}}]},
        [
            "ip[0].dhcp.range[1]: The ranges 10.0.0.10 to 10.0.0.35 and 10.0.0.30 to 10.0.0.40 overlap",
            "ip[0].dhcp.range[3]: The ranges 10.0.0.30 to 10.0.0.40 and 10.0.0.36 to 10.0.0.38 overlap",
        ],
    ),
    (
        ip(
            {**HOST, "lease": {"expiry": 1, "unit": "minutes"}}, {"name": "b", "ip": "10.0.0.8", "lease": {"expiry": 0}}
        ),
        ["ip[0].dhcp.host[0].lease.expiry: The lease is too short"],
    ),
    (ip(prefix=31), ["ip[0].prefix: 10.0.0.0/31 has no address for a guest"]),
    ({"ip": [{**IP, "address": "10.0.0.255"}]}, ["ip[0].address: 10.0.0.255 is the subnet's broadcast address"]),
    (
        {"ip": [{**IP, "prefix": 8}, {**IP, "address": "10.1.0.1"}, {"address": "fd00::1", "prefix": 64}]},
        ["ip[1].address: The subnets 10.0.0.0/8 and 10.1.0.0/24 overlap"],
    ),
    ({"ip": [IP], "route": [route()]}, []),
    (
        {"ip": [IP], "route": [route(gateway="10.1.0.9")]},
        ["route[0].gateway: The gateway 10.1.0.9 is not on the network"],
    ),
    ({"ip": [IP], "route": [route(gateway="10.0.0.1")]}, ["route[0].gateway: The gateway 10.0.0.1 is the host itself"]),
    ({"ip": [IP], "route": [route(address="10.9.0.1")]}, ["route[0].address: 10.9.0.1 is no subnet of 16 bits"]),
    ({"ip": [IP], "route": [route(prefix=33)]}, ["route[0].prefix: 33 bits are too many for 10.9.0.0"]),
    (
        {"ip": [IP], "dns": {"host": [{"ip": "10.0.0.9", "hostname": [name]} for name in "ab"]}},
        ["dns.host[1].ip: Two DNS records of 10.0.0.9"],
    ),
    (
        {"ip": [IP], "dns": {"srv": [{"service": "ldap", "protocol": "tcp", "port": 389}]}},
        ["dns.srv[0]: The service ldap has no target"],
    ),
    (
        {"ip": [IP], "portgroup": [{"name": name, "default": True} for name in "aba"]},
        [
            "portgroup[2].name: Two port groups of a",
            "portgroup[1].default: A second port group is the default one",
            "portgroup[2].default: A second port group is the default one",
        ],
    ),
    (ip({**HOST, "ip": "10.0.0.1"}), ["ip[0].dhcp.host[0].ip: 10.0.0.1 is the host's own address"]),
    (ip({**HOST, "ip": "10.0.0.255"}), ["ip[0].dhcp.host[0].ip: 10.0.0.255 is the subnet's broadcast address"]),
    (ip({**HOST, "ip": "10.1.0.9"}), ["ip[0].dhcp.host[0].ip: 10.1.0.9 is outside the subnet"]),
    (ip({"ip": "10.0.0.9"}), ["ip[0].dhcp.host[0]: The reservation names no guest"]),
    (ip(HOST, {**HOST, "ip": "10.0.0.8"}), ["ip[0].dhcp.host[1].mac: Two reservations for 52:54:00:00:00:01"]),
    (ip(HOST, {"name": "b", "ip": "10.0.0.9"}), ["ip[0].dhcp.host[1].ip: Two reservations for 10.0.0.9"]),
    (
        ip(HOST, start="10.0.0.5", end="10.0.0.20"),
        ["ip[0].dhcp.host[0].ip: The reserved 10.0.0.9 lies inside the range 10.0.0.5 to 10.0.0.20"],
    ),
    (
        ip({"mac": HOST["mac"], "ip": "fd00::9"}, address="fd00::1", prefix=64),
        ["ip[0].dhcp.host[0].mac: An IPv6 reservation has no MAC address"],
    ),
    (
        {"ip": [*ip(HOST)["ip"], *ip({**HOST, "ip": "10.1.0.9"}, address="10.1.0.1")["ip"]]},
        ["ip[1].dhcp: A second IPv4 subnet with DHCP"],
    ),
]


@pytest.mark.parametrize(("written", "told"), NETWORKS)
def test_networks(rig: Rig, written: Object, told: list[str]) -> None:
    planned = plan(rig, "libvirt_network", {"name": "lan", **written})
    assert [f"{format_path(d.path)}: {d.summary}" for d in planned.diagnostics] == told


def test_claims_say_what_filters_a_subnet(rig: Rig) -> None:
    filtered = {}
    for mode in ("nat", "isolated", "route", "open"):
        planned = plan(rig, "libvirt_network", {"name": "lan", "mode": mode, "ip": [IP]})
        interface, mac, subnet = planned.claims
        assert interface == InterfaceClaim("virbr-lan")
        assert mac == MacClaim(str(planned.values["mac"]))
        assert isinstance(subnet, SubnetClaim)
        assert (str(subnet.network), subnet.interface) == ("10.0.0.0/24", "virbr-lan")
        filtered[mode] = bool(subnet.filtered_by)
    assert filtered == {"nat": True, "isolated": True, "route": False, "open": False}


def test_a_bridge_of_the_host_is_not_claimed(rig: Rig) -> None:
    assert plan(rig, "libvirt_network", {"name": "lan", "mode": "bridge", "bridge": {"name": "br0"}}).claims == ()


def test_identities_stay_and_go_with_the_name(rig: Rig) -> None:
    prior = plan(rig, "libvirt_network", {"name": "lan", "ip": [IP]}).values
    kept = plan(rig, "libvirt_network", {"name": "lan", "mode": "open", "ip": [IP]}, prior).values
    assert [kept[name] for name in ("uuid", "mac", "bridge")] == [prior[name] for name in ("uuid", "mac", "bridge")]
    renamed = plan(rig, "libvirt_network", {"name": "dmz", "ip": [IP]}, prior).values
    assert not {renamed["uuid"], renamed["mac"]} & {prior["uuid"], prior["mac"]}
    bridge = renamed["bridge"]
    assert isinstance(bridge, dict)
    assert (bridge["name"], bridge["stp"], bridge["delay"]) == ("virbr-dmz", True, 0)


def test_changes_are_rated_by_their_worst_attribute(rig: Rig) -> None:
    prior = plan(rig, "libvirt_network", {"name": "lan", **ip(HOST)}).values

    def level(**written: Any) -> str:
        return str(plan(rig, "libvirt_network", {"name": "lan", **ip(HOST), **written}, prior).impact.level)

    assert level() == "none"
    assert level(autostart=False) == "none"
    assert level(**ip({**HOST, "ip": "10.0.0.8"})) == "live"
    assert level(ip=[IP]) == "dnsmasq_restart", "the last reservation goes"
    assert level(**ip(HOST, start="10.0.0.20", end="10.0.0.30")) == "dnsmasq_restart"
    assert level(mode="open", **ip(HOST, start="10.0.0.20", end="10.0.0.30")) == "link_flap"
    assert level(active=False, mode="open") == "guest_disconnect"


def test_ten_thousand_reservations_are_planned_read_and_changed_in_linear_time(rig: Rig) -> None:
    hosts = [{"name": f"h{n}", "ip": f"10.{n // 250 + 1}.{n % 250 + 1}.9"} for n in range(10_000)]
    spans = [{"start": f"10.{n + 60}.0.2", "end": f"10.{n + 60}.0.9"} for n in range(100)]
    written: Object = {"name": "lan", "ip": [{**IP, "prefix": 8, "dhcp": {"host": hosts, "range": spans}}]}
    started = time.process_time()
    planned = plan(rig, "libvirt_network", written)
    assert planned.diagnostics == ()
    calls = actions(Now(planned.values, planned.values, True), plan(rig, "libvirt_network", turned(written)).values)
    assert list(calls) == []
    found: Object = plan(rig, "libvirt_network", turned(written)).values
    assert respell(NETWORK, found, planned.values)["ip"] == planned.values["ip"]
    assert time.process_time() - started < 20


def turned(written: Any) -> Object:
    (subnet,) = written["ip"]
    return {**written, "ip": [{**subnet, "dhcp": {**subnet["dhcp"], "host": subnet["dhcp"]["host"][::-1]}}]}


def test_what_tells_a_network_apart_is_in_its_definition_for_good(rig: Rig) -> None:
    """So that no restart changes its name, UUID, MAC address or bridge, whoever defined it first."""
    planned = plan(rig, "libvirt_network", {"name": "lan", "ip": [IP]}).values
    made = ET.fromstring(document(planned, Owner("lineage", "libvirt_network.lan")))
    again = plan(rig, "libvirt_network", {"name": "lan", "mode": "open", "mtu": 1400, "ip": [IP]}, planned).values
    changed = ET.fromstring(document(again, Owner("lineage", "libvirt_network.lan"), made))
    assert pinned(changed) == pinned(made)
    assert None not in pinned(made)


def pinned(network: ET.Element) -> list[str | None]:
    texts = [network.findtext(tag) for tag in ("name", "uuid")]
    elements = [(network.find(tag), attribute) for tag, attribute in (("mac", "address"), ("bridge", "name"))]
    return [*texts, *(None if element is None else element.get(attribute) for element, attribute in elements)]


def test_several_things_are_told_at_once(rig: Rig) -> None:
    written: Object = {
        "name": "lan",
        "mode": "isolated",
        "dev": "eth0",
        "ip": [{**IP, "dhcp": {"host": [HOST, HOST], "range": [span(50, 40)]}}, {"address": "10.0.1.0", "prefix": 24}],
        "route": [route(gateway="192.0.2.1")],
    }
    assert len(plan(rig, "libvirt_network", written).diagnostics) == 6
