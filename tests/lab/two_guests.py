"""A lab host with two running guests, a and b, on a network of libvirt, that exchange packets all along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import pytest

from kvmplan.lab import LabHost
from kvmplan_sdk import Object

from .disturbance import Watch, watching
from .libvirt_rig import Rig, SocketHost

NICS: dict[str, Object] = {
    name: {"domain": name, "network": "lan", "mac": f"52:54:00:77:02:0{number}"} for number, name in enumerate("ab")
}
LAN: Object = {
    "name": "lan",
    "mode": "isolated",
    "bridge": {"name": "virbr-lan", "stp": False},
    "ip": [{"address": "10.77.0.1", "prefix": 24, "dhcp": {"host": [{"mac": NICS["a"]["mac"], "ip": "10.77.0.10"}]}}],
    "portgroup": [{"name": "quick"}],
}
OTHER_BRIDGE = """
[ -e /sys/class/net/br-other ] || ip link add br-other type bridge
[ -e /sys/class/net/other0 ] || ip link add other0 type veth peer name other1
ip link set br-other up
ip link set other1 master br-other up
ip link set other0 master virbr-lan up
"""
"""A bridge of the host that is one with that of the network."""
TWIN: Object = {"name": "twin", "mode": "bridge", "bridge": {"name": "br-other"}}
"""Another network, on that bridge: a NIC that moves there still reaches the other guest."""
OFF = """<domain type='qemu'><name>off</name><memory>65536</memory><os><type>hvm</type></os>
<devices><interface type='user'><boot order='1'/></interface></devices></domain>"""
BRIDGES_UNFILTERED = 'for file in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e "$file" ] || echo 0 >"$file"; done'
"""As on a host without Docker: packets between guests of a bridge do not pass the firewall."""


@dataclass(frozen=True)
class Stage:
    rig: Rig
    watch: Watch


@contextmanager
def two_guests(name: str, segment: str) -> Iterator[Stage]:
    libvirt = pytest.importorskip("libvirt")
    with LabHost.up(name, segment=segment, nics=2) as lab:
        rig = Rig(SocketHost(lab))
        lab.run(["sh", "-c", BRIDGES_UNFILTERED])
        lab.run(["virsh", "define", "/dev/stdin"], input=OFF)
        rig.put("libvirt_network.lan", LAN)
        for name, nic in NICS.items():
            lab.guest(name)
            rig.put(f"libvirt_interface.{name}", nic)
        socket = rig.host.local_socket("/run/libvirt/libvirt-sock")
        with (
            closing(libvirt.open(f"qemu+unix:///system?socket={socket}")) as connection,
            watching(lab, connection, "lan", "a") as watch,
        ):
            lab.guest_address("a")
            lab.run(["curl", "-sf", f"http://10.77.0.10:8080/cgi-bin/probe?{link_local(str(NICS['b']['mac']))}%eth0"])
            assert watch.settle()
            yield Stage(rig, watch)


def link_local(mac: str) -> str:
    octets = [int(octet, 16) for octet in mac.split(":")]
    octets[0] ^= 2
    return "fe80::{:02x}{:02x}:{:02x}ff:fe{:02x}:{:02x}{:02x}".format(*octets)
