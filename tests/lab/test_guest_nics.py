"""NICs of every kind on a real guest: plugged in, changed in the way the plan said, and taken out again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from xml.etree import ElementTree as ET

import pytest

from kvmplan.lab import LabHost
from kvmplan_libvirt.addresses.table import TELLS
from kvmplan_libvirt.provider import LibvirtProvider
from kvmplan_sdk import Known, Object
from kvmplan_sdk.testing.conformance import Case, exercise

from .libvirt_rig import LINEAGE, Rig, SocketHost
from .tap_devices import make_tap_devices

pytestmark = pytest.mark.lab
GUEST, OFF = "web", "off"
MAC = "52:54:00:00:00:0a"
NIC = "libvirt_interface.nic"
BRIDGED: Object = {"bridge": "br7"}
ON_OVS: Object = {"bridge": "br7", "virtualport": {"type": "openvswitch"}}
DIRECT: Object = {"direct": {"dev": "vq0", "mode": "bridge"}}

SOURCES: dict[str, list[tuple[Object, str]]] = {
    "network": [
        ({"network": "one"}, "live"),
        ({"network": "two"}, "link_flap"),
        ({"network": "two", "link_state": "down"}, "link_flap"),
        ({"network": "two", "portgroup": "fast"}, "guest_disconnect"),
        ({"bridge": "br7"}, "guest_disconnect"),
        ({"network": "one"}, "link_flap"),
    ],
    "live": [
        (BRIDGED, "live"),
        ({"bridge": "br8"}, "link_flap"),
        ({**BRIDGED, "port_isolated": True}, "link_flap"),
        (BRIDGED, "live"),
        ({**BRIDGED, "filterref": {"filter": "no-mac-spoofing"}}, "live"),
        ({**BRIDGED, "coalesce": {"rx": {"frames": {"max": 7}}}}, "live"),
        ({**BRIDGED, "link_state": "down"}, "link_flap"),
        (BRIDGED, "link_flap"),
    ],
    "again": [
        (BRIDGED, "live"),
        ({**BRIDGED, "driver": {"rx_queue_size": 512, "event_idx": "off"}}, "guest_disconnect"),
        ({**BRIDGED, "mtu": 1400}, "guest_disconnect"),
        ({**BRIDGED, "model": "e1000e"}, "guest_disconnect"),
        ({**BRIDGED, "trust_guest_rx_filters": True}, "guest_disconnect"),
        ({**BRIDGED, "alias": "ua-first", "rom": {"enabled": "no"}}, "guest_disconnect"),
        ({**BRIDGED, "alias": "ua-second", "acpi": {"index": 5}}, "guest_disconnect"),
        ({**BRIDGED, "address": {"bus": "0x06", "slot": "0x00"}}, "guest_disconnect"),
        ({**BRIDGED, "target_dev": "tap-web"}, "guest_disconnect"),
        ({**BRIDGED, "tune": {"sndbuf": 1600}, "backend": {"vhost": "/dev/vhost-net"}}, "guest_disconnect"),
    ],
    "direct": [
        (DIRECT, "live"),
        ({**DIRECT, "link_state": "down"}, "link_flap"),
        ({"direct": {"dev": "vq0", "mode": "vepa"}}, "guest_disconnect"),
        (BRIDGED, "guest_disconnect"),
        (DIRECT, "guest_disconnect"),
    ],
    "user": [
        ({"user": {}}, "live"),
        ({"user": {}, "link_state": "down"}, "link_flap"),
        ({"user": {}, "ip": [{"address": "10.9.8.0", "prefix": 24}]}, "guest_disconnect"),
    ],
}


def domain(lab: LabHost, name: str, *options: str) -> ET.Element:
    return ET.fromstring(lab.run(["virsh", "dumpxml", name, *options]).stdout)


def define(lab: LabHost, definition: ET.Element) -> None:
    lab.run(["virsh", "define", "/dev/stdin"], input=ET.tostring(definition, encoding="unicode"))


@pytest.fixture(scope="module")
def lab(lab_token: str) -> Iterator[LabHost]:
    with LabHost.up(f"{lab_token}-nics", segment=lab_token) as host:
        host.guest(GUEST)
        for bridge in ("br7", "br8"):
            host.run(["ip", "link", "add", bridge, "up", "type", "bridge"])
        host.run(["ip", "link", "add", "vq0", "up", "type", "veth", "peer", "name", "vq1"])
        host.run(["ip", "link", "set", "vq1", "up"])
        make_tap_devices(host)
        definition = domain(host, GUEST, "--inactive")
        for tag in ("uuid", "os/boot"):
            parent = definition if "/" not in tag else definition.find("os")
            found = definition.find(tag)
            assert parent is not None and found is not None
            parent.remove(found)
        name = definition.find("name")
        assert name is not None
        name.text = OFF
        define(host, definition)
        yield host


@pytest.fixture
def rig(lab: LabHost) -> Iterator[Rig]:
    rig = Rig(SocketHost(lab))
    for name, mtu in (("one", None), ("two", 1400)):
        written = {"name": name, "mode": "isolated", "mtu": mtu, "portgroup": [{"name": "fast"}]}
        rig.put(f"libvirt_network.{name}", written)
    yield rig
    for address in sorted(rig.there):
        assert rig.delete(address).diagnostics == ()


def taps(lab: LabHost) -> dict[str, int]:
    """The index of each tap by its name: another one when a NIC was plugged in again."""
    links = json.loads(lab.run(["ip", "-j", "link"]).stdout)
    return {link["ifname"]: link["ifindex"] for link in links if link["ifname"].startswith(("vnet", "macvtap", "tap"))}


def unchanged(rig: Rig) -> bool:
    """Whether what is there reads as it was left."""
    known = rig.there[NIC]
    with closing(rig.open()) as session:
        (observed,) = session.read([Known(address=NIC, type="libvirt_interface", values=known)])
    assert observed is not None
    kept = observed.values.keys() - TELLS.keys()
    differing = {name: (observed.values[name], known[name]) for name in kept if observed.values[name] != known[name]}
    assert differing == {}
    return observed.owned


@pytest.mark.parametrize("name", SOURCES)
def test_each_change_is_carried_out_as_planned(name: str, rig: Rig, lab: LabHost) -> None:
    process = lab.run(["cat", f"/run/libvirt/qemu/{GUEST}.pid"]).stdout
    before: dict[str, int] = {}
    for written, level in SOURCES[name]:
        findings = rig.put(NIC, {"domain": GUEST, "mac": MAC, **written})
        impact = findings.impacts[NIC]
        assert (str(impact.level), impact.guests) == (level, (GUEST,)), written
        assert unchanged(rig), written
        after = taps(lab)
        if before and after:
            assert (before == after) == (level != "guest_disconnect"), written
        before = after
    assert lab.run(["cat", f"/run/libvirt/qemu/{GUEST}.pid"]).stdout == process


DEFINED: dict[str, list[Object]] = {
    "hostdev": [
        {"hostdev": {"address": {"bus": "0x03", "slot": "0x10"}}},
        {"hostdev": {"managed": True, "address": {"bus": "0x03", "slot": "0x11"}}, "driver": {"name": "vfio"}},
        {"hostdev": {"address": {"bus": "0x03", "slot": "0x11"}}, "vlan": {"tag": [{"id": 7}]}},
    ],
    "vhostuser": [
        {"vhostuser": {"path": "/run/a.sock", "mode": "server"}, "mtu": 1400},
        {"vhostuser": {"path": "/run/a.sock", "mode": "client", "reconnect": {"enabled": True, "timeout": 3}}},
    ],
    "vdpa": [{"vdpa": {"dev": "/dev/vhost-vdpa-0"}}],
    "open vswitch": [
        {**ON_OVS, "vlan": {"tag": [{"id": 7}]}},
        {**ON_OVS, "vlan": {"trunk": True, "tag": [{"id": 7}, {"id": 8}]}},
    ],
    "virtio": [
        {**BRIDGED, "driver": {"name": "vhost", "queues": 4, "packed": "on", "host": {"csum": "off"}}},
        {**BRIDGED, "driver": {"guest": {"tso4": "off"}}, "mtu": 1400},
        {**BRIDGED, "alias": "ua-nic"},
        {"user": {}, "alias": "ua-nic", "address": {"bus": "0x00", "slot": "0x09"}},
        {"user": {}, "bandwidth": None, "address": {"bus": "0x00", "slot": "0x0a"}, "teaming": {"type": "persistent"}},
        {**BRIDGED, "bandwidth": {"inbound": {"average": 1000, "peak": 2000, "burst": 512}}},
    ],
}


@pytest.mark.parametrize("name", DEFINED)
def test_a_guest_that_is_shut_off_has_it_in_its_definition(name: str, rig: Rig, lab: LabHost) -> None:
    """And nobody is disturbed. The domain is said by its UUID."""
    uuid = lab.run(["virsh", "domuuid", OFF]).stdout.strip()
    for written in DEFINED[name]:
        impact = rig.put(NIC, {"domain": uuid, "mac": MAC, **written}).impacts[NIC]
        assert (str(impact.level), impact.guests) == ("none", ()), written
        assert unchanged(rig), written


def test_the_boot_order_waits_for_the_next_start(rig: Rig, lab: LabHost) -> None:
    before = domain(lab, GUEST, "--inactive")
    without = domain(lab, GUEST, "--inactive")
    system, boot = without.find("os"), without.find("os/boot")
    devices = without.find("devices")
    assert system is not None and boot is not None and devices is not None
    system.remove(boot)
    disk = ET.SubElement(devices, "disk", type="file", device="cdrom")
    ET.SubElement(disk, "target", dev="sda", bus="sata")
    ET.SubElement(disk, "boot", order="2")
    define(lab, without)
    rig.put(NIC, {"domain": GUEST, "mac": MAC, **BRIDGED, "boot_order": 1})
    assert unchanged(rig)
    there = taps(lab)
    impact = rig.put(NIC, {"domain": GUEST, "mac": MAC, **BRIDGED, "boot_order": 3}).impacts[NIC]
    assert (str(impact.level), impact.why) == ("none", "It takes effect at the guest's next start.")
    assert unchanged(rig)
    rig.put(NIC, {"domain": GUEST, "mac": MAC, **BRIDGED, "boot_order": 3, "link_state": "down"})
    assert unchanged(rig)
    assert taps(lab) == there
    assert domain(lab, GUEST).find("devices/interface/boot") is None
    defined = domain(lab, GUEST, "--inactive").find("devices/interface/boot")
    assert defined is not None
    assert defined.get("order") == "3"
    assert rig.delete(NIC).diagnostics == ()
    define(lab, before)


def test_where_the_new_nic_is_not_taken_the_old_one_is_back(rig: Rig, lab: LabHost) -> None:
    """A lab host's kernel has no queue for a limit, which libvirt finds out while it plugs in."""
    rig.put(NIC, {"domain": GUEST, "mac": MAC, **BRIDGED})
    wrong = {"domain": GUEST, "mac": MAC, **BRIDGED, "mtu": 1400, "bandwidth": {"inbound": {"average": 1000}}}
    with pytest.raises(AssertionError, match="qdisc"):
        rig.put(NIC, wrong)
    assert unchanged(rig)
    assert len(taps(lab)) == 1


TALK = r"""
import socket, time
talk = socket.create_connection(("10.77.0.7", 7777), 60)
talk.settimeout(60)
for number in range(60):
    talk.sendall(b"%d\n" % number)
    assert talk.recv(99) == b"%d\n" % number
    print(number, flush=True)
    time.sleep(0.1)
"""


def test_a_connection_stays_while_the_nic_moves(rig: Rig, lab: LabHost) -> None:
    """Two bridges that a cable joins: the guest's address is good on both."""
    dhcp: Object = {"range": [{"start": "10.77.0.7", "end": "10.77.0.7"}]}
    ip: Object = {"address": "10.77.0.1", "prefix": 24, "dhcp": dhcp}
    rig.put("libvirt_network.lan", {"name": "lan", "mode": "open", "bridge": {"stp": False}, "ip": [ip]})
    lab.run(["ip", "link", "add", "cable0", "up", "master", "br8", "type", "veth", "peer", "name", "cable1"])
    lab.run(["ip", "link", "set", "cable1", "master", "virbr-lan", "up"])
    rig.put(NIC, {"domain": GUEST, "network": "lan", "mac": MAC})
    served = "for n in $(seq 60); do busybox nc -w 2 10.77.0.7 7777 </dev/null && exit; sleep 1; done; exit 1"
    lab.run(["sh", "-c", served], timeout=240)
    lab.put("/run/talk.py", TALK, 0o644)
    lab.run(["systemd-run", "--unit=talk", "--property=RemainAfterExit=yes", "python3", "/run/talk.py"])
    for source in ({"bridge": "br8"}, {"network": "lan"}, {"bridge": "br8"}):
        impact = rig.put(NIC, {"domain": GUEST, "mac": MAC, **source}).impacts[NIC]
        assert str(impact.level) == "link_flap"
    waiting = "while systemctl show -p SubState talk | grep -q running; do sleep 0.2; done; journalctl -o cat -u talk"
    said = lab.run(["sh", "-c", waiting], timeout=180).stdout
    assert "59" in said.split(), said
    lab.run(["ip", "link", "del", "cable0"])


RULES: dict[str, list[Object]] = {
    GUEST: [
        DIRECT,
        {"user": {}},
        {**BRIDGED, "driver": {"rx_queue_size": 512}, "target_dev": "tap-web"},
        {"network": "one", "alias": "ua-nic", "link_state": "down"},
        {"network": "two", "portgroup": "fast", "filterref": {"filter": "no-mac-spoofing"}},
    ],
    OFF: [
        {"hostdev": {"managed": True, "address": {"bus": "0x03", "slot": "0x10"}}, "driver": {"name": "vfio"}},
        {"vhostuser": {"path": "/run/a.sock", "mode": "server"}},
        {"vdpa": {"dev": "/dev/vhost-vdpa-0"}, "rom": {"bar": "off"}},
        {**ON_OVS, "vlan": {"tag": [{"id": 7}]}, "bandwidth": {"inbound": {"average": 1000}}},
    ],
}


@pytest.mark.parametrize("guest", RULES)
def test_nics_of_every_source_keep_the_rules(guest: str, rig: Rig) -> None:
    first, *others = ({"domain": guest, **written} for written in RULES[guest])
    case = Case(type="libvirt_interface", host=rig.host.name, create=first, updates=others, lineage=LINEAGE)
    exercise(LibvirtProvider(), rig.open, case)
