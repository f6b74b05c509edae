"""A plan judged as a whole, against networks and guests on libvirt's test driver and a host in memory."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import pytest
from tests.providers.libvirt.conftest import LINEAGE, Rig
from tests.providers.libvirt.planning import change

from kvmplan_libvirt.plain import blocks
from kvmplan_libvirt.provider import LibvirtSession
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.steady import Steady
from kvmplan_sdk import Change, ClaimedBy, Findings, HostError, ImpactLevel, InterfaceClaim, Object, Verb
from kvmplan_sdk.testing.fake_host import FakeHost

ADDR = [{"ifname": "eth0", "addr_info": [{"local": "192.0.2.5", "prefixlen": 24, "scope": "global"}]}]
ROUTE = [
    {"dst": "default", "dev": "eth0"},
    {"dst": "10.48.0.0/12", "dev": "wg0"},
    {"dst": "10.50.1.0/24", "dev": "wg0"},
    {"dst": "192.0.2.0/24", "dev": "eth0"},
]
IP: Object = {"address": "10.77.0.1", "prefix": 24}
QEMU = b"""Network devices:
name "e1000", bus PCI, alias "e1000-82540em", desc "Intel Gigabit Ethernet"
name "vmxnet3", bus PCI

Input devices:
name "vmmouse", bus ISA
"""
LINK = [{"ifname": "eth0"}, {"ifname": "virbr0"}, {"ifname": "virbr-taken"}]


def session(rig: Rig) -> LibvirtSession:
    host = FakeHost(
        answers={
            ("ip", "-j", "addr", "show"): json.dumps(ADDR).encode(),
            ("ip", "-j", "link", "show"): json.dumps(LINK).encode(),
            ("ip", "-4", "-j", "route", "show"): json.dumps(ROUTE).encode(),
            ("ip", "-6", "-j", "route", "show"): b"[]",
            ("/usr/bin/qemu-system-x86_64", "-device", "help"): QEMU,
            ("/opt/gone/qemu-system-x86_64",): HostError("Command cannot be run on local", "No such file"),
        }
    )
    reach = Reach.of(rig.connection, host, LINEAGE, "local@kvm1", 9_000_000, on_host=True)
    return LibvirtSession(Steady(reach, lambda _: rig.connection))


def planned(rig: Rig, type_: str, written: Object, name: str = "example", before: Object | None = None) -> Change:
    return change(session(rig), type_, written, name, before)


def network(rig: Rig, address: str = "10.77.0.1", **written: Any) -> Change:
    return planned(rig, "libvirt_network", {"name": "lan", "ip": [{"address": address, "prefix": 24}], **written})


def nic(rig: Rig, **written: Any) -> Change:
    return planned(rig, "libvirt_interface", {"domain": "test", "network": "default", **written})


def assess(rig: Rig, *changes: Change) -> Findings:
    return session(rig).assess(changes, ())


def errors(rig: Rig, *changes: Change) -> list[str]:
    return [diagnostic.summary for diagnostic in assess(rig, *changes).diagnostics if diagnostic.is_error]


@pytest.fixture
def guest(rig: Rig) -> Any:
    """A running guest of somebody else, on the network default."""
    rig.connection.createXML(
        "<domain type='test'><name>web</name><memory>1024</memory><os><type>hvm</type></os><devices>"
        "<interface type='network'><mac address='52:54:00:00:00:07'/><source network='default'/></interface>"
        "</devices></domain>"
    )
    yield "web"
    rig.connection.lookupByName("web").destroy()


def test_what_is_in_nobodys_way_is_fine(rig: Rig) -> None:
    assert assess(rig, network(rig), nic(rig)).diagnostics == ()


def test_a_network_of_that_name_is_there(rig: Rig) -> None:
    assert errors(rig, network(rig, name="default")) == ["There is already a network default"]


def test_a_bridge_of_another_network_is_in_use(rig: Rig) -> None:
    assert errors(rig, network(rig, bridge={"name": "virbr0"})) == ["Network default already uses the bridge virbr0"]


def test_a_bridge_of_another_network_has_that_mac_address(rig: Rig) -> None:
    rig.connection.networkDefineXML(
        "<network><name>x</name><bridge name='x'/><mac address='52:54:00:0A:0B:0C'/></network>"
    )
    assert errors(rig, network(rig, mac="52:54:00:0a:0b:0c")) == [
        "The bridge of network x already has the MAC address 52:54:00:0a:0b:0c"
    ]


def test_an_interface_of_the_host_has_that_name(rig: Rig) -> None:
    assert errors(rig, network(rig, name="taken")) == ["The host already has an interface virbr-taken"]


def test_subnets_of_others_are_in_use(rig: Rig) -> None:
    assert errors(rig, network(rig, "192.168.122.9")) == ["The subnet 192.168.122.0/24 is already in use"]
    assert errors(rig, network(rig, "192.0.2.77")) == ["The subnet 192.0.2.0/24 is already in use"]
    assert errors(rig, network(rig, "10.50.1.1")) == ["The subnet 10.50.1.0/24 is already in use"]


def test_running_guests_keep_the_mtu_that_they_have(rig: Rig, guest: str) -> None:
    before = planned(rig, "libvirt_network", {"name": "default", "ip": [IP]}).after
    changed = planned(rig, "libvirt_network", {"name": "default", "ip": [IP], "mtu": 1400}, before=before)
    (told,) = (one for one in assess(rig, changed).diagnostics if one.path == ("mtu",))
    assert (told.summary, told.is_error) == ("Running guests keep the MTU that they have on network default", False)
    assert f"test, {guest}:" in told.detail


@pytest.mark.parametrize("prefix", [8, 16, 23, 24, 25, 30])
def test_a_subnet_of_others_is_in_use_however_large_it_is(rig: Rig, prefix: int) -> None:
    """Around it, the same, and inside of it; those beside it do not count."""
    for number, address in enumerate(("10.60.7.2", "10.59.0.1", "fd00::1")):
        size = prefix if number == 0 else 16 if number == 1 else 64
        rig.connection.networkDefineXML(
            f"<network><name>n{number}</name><bridge name='n{number}'/>"
            f"<ip family='{'ipv6' if ':' in address else 'ipv4'}' address='{address}' prefix='{size}'/></network>"
        )
    assert errors(rig, network(rig, "10.60.7.1")) == ["The subnet 10.60.7.0/24 is already in use"]


def test_a_reservation_in_another_network_is_a_warning(rig: Rig) -> None:
    mac = "52:54:00:00:00:0A"
    hosts = {"range": [], "host": [{"mac": mac.lower(), "ip": "10.77.0.9"}]}
    lan = network(rig, ip=[{"address": "10.77.0.1", "prefix": 24, "dhcp": hosts}])
    (told,) = assess(rig, lan, nic(rig, mac=mac)).diagnostics
    assert (told.summary, told.is_error) == (f"The address reserved for {mac.lower()} is in another network", False)
    assert "lan (libvirt_network.example); the NIC is on default" in told.detail
    assert assess(rig, lan, nic(rig, mac=mac, network="lan")).diagnostics == ()
    here = planned(rig, "libvirt_dhcp_host", {"network": "default", "mac": mac, "ip": "192.168.122.9"}, "here")
    assert not any("another network" in one.summary for one in assess(rig, lan, nic(rig, mac=mac), here).diagnostics)


def test_a_route_to_something_larger_is_a_warning(rig: Rig) -> None:
    (diagnostic,) = assess(rig, network(rig, "10.51.0.1")).diagnostics
    assert not diagnostic.is_error
    assert diagnostic.summary == "10.51.0.0/24 is cut out of 10.48.0.0/12"


def test_no_such_domain_names_those_there_are(rig: Rig) -> None:
    (diagnostic,) = assess(rig, nic(rig, domain="nope")).diagnostics
    assert (diagnostic.summary, diagnostic.path) == ("There is no domain nope", ("domain",))
    assert "test" in diagnostic.detail
    assert diagnostic.address == "libvirt_interface.example"


def test_a_network_that_is_neither_there_nor_planned(rig: Rig) -> None:
    assert errors(rig, nic(rig, network="lan")) == ["There is no network lan"]
    assert errors(rig, nic(rig, network="lan"), network(rig)) == []


def test_a_network_that_does_not_run(rig: Rig) -> None:
    rig.connection.networkDefineXML("<network><name>off</name><bridge name='virbr9'/></network>")
    assert errors(rig, nic(rig, network="off")) == ["Network off is not running"]


def test_a_bridge_that_is_neither_there_nor_made(rig: Rig) -> None:
    change = planned(rig, "libvirt_network", {"name": "lan", "mode": "bridge", "bridge": {"name": "br7"}})
    plugged = planned(rig, "libvirt_interface", {"domain": "test", "bridge": "br7"})
    assert errors(rig, change, plugged) == ["There is no bridge br7", "There is no bridge br7"]
    made = ClaimedBy(address="netplan_bridge.br7", claim=InterfaceClaim("br7"))
    assert session(rig).assess((change, plugged), (made,)).diagnostics == ()


def test_a_mac_address_of_somebody_else(rig: Rig, guest: str) -> None:
    assert errors(rig, nic(rig, mac="52:54:00:00:00:07")) == ["The MAC address 52:54:00:00:00:07 is taken"]


def test_a_network_with_running_guests_stays(rig: Rig, guest: str) -> None:
    """Refused, unless the same plan takes the guests' NICs off it."""
    change = network(rig)
    before = {
        **(change.after or {}),
        "name": "default",
        "uuid": rig.connection.networkLookupByName("default").UUIDString(),
    }
    removal = replace(change, verb=Verb.DELETE, before=before, after=None)
    other = nic(rig, mac="aa:bb:cc:dd:ee:ff")
    gone = replace(other, verb=Verb.DELETE, before=other.after, after=None)
    (refusal,) = assess(rig, removal, gone).diagnostics
    assert (refusal.summary, "cuts off web." in refusal.detail) == ("Running guests are on network default", True)
    moved = planned(
        rig, "libvirt_interface", {"domain": "web", "network": "default", "mac": "52:54:00:00:00:07"}, "web"
    )
    assert errors(rig, removal, gone, replace(moved, verb=Verb.DELETE, before=moved.after, after=None)) == []


def test_impacts_name_the_running_guests(rig: Rig, guest: str) -> None:
    change = network(rig)
    before = {
        **(change.after or {}),
        "name": "default",
        "uuid": rig.connection.networkLookupByName("default").UUIDString(),
    }
    update = replace(change, verb=Verb.UPDATE, before=before, after={**before, "mtu": 1400})
    impact = assess(rig, update).impacts[change.address]
    assert (impact.level, impact.guests) == (ImpactLevel.LINK_FLAP, ("test", "web"))
    plugged = nic(rig, domain="web")
    assert assess(rig, plugged).impacts[plugged.address].guests == ("web",)


def test_a_guest_that_names_the_bridge_of_a_network_is_on_it(rig: Rig, guest: str) -> None:
    rig.connection.createXML(
        "<domain type='test'><name>raw</name><memory>1024</memory><os><type>hvm</type></os><devices>"
        "<interface type='bridge'><source bridge='virbr0'/></interface></devices></domain>"
    )
    before = {**(network(rig).after or {}), "name": "default", "mode": "nat", "bridge": {"name": "virbr0"}}
    change = replace(network(rig), verb=Verb.UPDATE, before=before, after={**before, "mtu": 1400})
    try:
        assert assess(rig, change).impacts[change.address].guests == ("raw", "test", guest)
    finally:
        rig.connection.lookupByName("raw").destroy()


def test_a_thousand_networks_and_nics_are_judged_in_linear_time(rig: Rig) -> None:
    lan, plugged = network(rig), nic(rig)
    (first,) = blocks(lan.after or {}, "ip")
    changes = []
    for number in range(1000):
        subnet = {**first, "address": f"10.{number // 250 + 100}.{number % 250}.1"}
        names = {
            "name": f"n{number}",
            "uuid": f"u{number}",
            "mac": f"52:54:01:00:{number // 256:02x}:{number % 256:02x}",
        }
        after = {**(lan.after or {}), **names, "bridge": {"name": f"b{number}"}, "ip": [subnet]}
        changes.append(replace(lan, address=f"libvirt_network.n{number}", after=after))
        mac = f"52:54:02:00:{number // 256:02x}:{number % 256:02x}"
        after = {**(plugged.after or {}), "network": f"n{number}", "mac": mac}
        changes.append(replace(plugged, address=f"libvirt_interface.n{number}", after=after))
    started = time.process_time()
    assert assess(rig, *changes).diagnostics == ()
    assert time.process_time() - started < 10
