"""Frames that a guest makes up, sent for real from behind its tap: does another guest of its bridge see them?"""

from __future__ import annotations

import struct
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kvmplan_sdk import Session

from .frames import craft
from .matrix.table import apply
from .matrix.town import MACS, Town, built

WIRE = Path(__file__).with_name("frames") / "wire.py"
OWN, ADDRESS, SIX, LOCAL = MACS["lan1"], "10.1.0.10", "fd01::10", "fe80::5054:ff:fe00:4"
OTHER, THEIRS, THEIR_SIX = "52:54:00:00:00:66", "10.1.0.66", "fd01::66"
EVERYONE = "255.255.255.255"
TO_ALL = "ff02::1"
# By what it is: the frame, and whether it passes where the MAC address is held, addresses too, or both and a router.
FRAMES: dict[str, tuple[bytes, str]] = {
    "ARP of its own": (craft.arp(OWN, OWN, ADDRESS), "mac addresses router"),
    "an ARP probe": (craft.arp(OWN, OWN, "0.0.0.0", 1, ADDRESS), "mac addresses router"),
    "ARP for another address": (craft.arp(OWN, OWN, THEIRS), "mac"),
    "ARP for another MAC": (craft.arp(OWN, OTHER, ADDRESS), ""),
    "ARP from another MAC": (craft.arp(OTHER, OTHER, ADDRESS), ""),
    "IPv4 of its own": (craft.udp(OWN, ADDRESS, EVERYONE, (9, 9)), "mac addresses router"),
    "IPv4 of another": (craft.udp(OWN, THEIRS, EVERYONE, (9, 9)), "mac"),
    "IPv4 from another MAC": (craft.udp(OTHER, ADDRESS, EVERYONE, (9, 9)), ""),
    "IPv6 of its own": (craft.udp(OWN, SIX, TO_ALL, (9, 9)), "mac addresses router"),
    "IPv6, link-local": (craft.udp(OWN, LOCAL, TO_ALL, (9, 9)), "mac addresses router"),
    "IPv6 of another": (craft.udp(OWN, THEIR_SIX, TO_ALL, (9, 9)), "mac"),
    "IPv6, another's link-local": (craft.udp(OWN, "fe80::1", TO_ALL, (9, 9)), "mac"),
    "asking for a lease": (craft.udp(OWN, "0.0.0.0", EVERYONE, (68, 67)), "mac addresses router"),
    "other things from nobody": (craft.udp(OWN, "0.0.0.0", EVERYONE, (9, 9)), "mac"),
    "giving a lease": (craft.udp(OWN, ADDRESS, EVERYONE, (67, 68)), "router"),
    "giving an IPv6 lease": (craft.udp(OWN, LOCAL, TO_ALL, (547, 546)), "router"),
    "a router advertisement": (craft.icmp6(OWN, LOCAL, 134, struct.pack("!IQ", 0x40000708, 0)), "router"),
    "a redirect": (craft.icmp6(OWN, LOCAL, 137, bytes(36)), "router"),
    "advertising itself": (craft.advertisement(OWN, SIX, SIX, OWN), "mac addresses router"),
    "advertising itself, shortly": (craft.advertisement(OWN, SIX, SIX), "mac addresses router"),
    "advertising another": (craft.advertisement(OWN, SIX, THEIR_SIX, OWN), "mac"),
    "advertising another MAC": (craft.advertisement(OWN, SIX, SIX, OTHER), ""),
    "detecting duplicates": (craft.icmp6(OWN, "::", 135, bytes(20)), "mac addresses router"),
    "a VLAN tag": (craft.udp(OWN, ADDRESS, EVERYONE, (7, 7), tag=7), "mac"),
    "a VLAN tag, of another": (craft.udp(OWN, THEIRS, EVERYONE, (7, 8), tag=7), "mac"),
    "another protocol": (craft.other(OWN, 0x88B5), "mac"),
}
ALLOWED: dict[str, dict[str, Any]] = {
    "mac": {},
    "addresses": {"addresses": [ADDRESS, SIX]},
    "router": {"addresses": [ADDRESS, SIX], "router": True},
}


@pytest.fixture(scope="module")
def _frames_differ() -> None:
    assert len({frame for frame, _ in FRAMES.values()}) == len(FRAMES)


@pytest.fixture
def town(host: Any, _frames_differ: None) -> Iterator[Town]:
    with built(host) as town:
        town.machines["host"].sh("ip link set br0 type bridge mcast_snooping 0")
        yield town


def passing(town: Town) -> set[str]:
    """The frames that lan2 sees of those that lan1 sends."""
    sender, watcher = (town.machines[name].enter for name in ("lan1", "lan2"))
    with subprocess.Popen(
        [*watcher, "python3", str(WIRE), "watch", "eth0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as watching:
        assert watching.stdout is not None
        watching.stdout.readline()
        sent = [frame.hex() for frame, _ in FRAMES.values()]
        subprocess.run([*sender, "python3", str(WIRE), "send", "eth0", *sent], check=True)
        last = craft.other("52:54:00:00:00:77", 0x88B6).hex()
        subprocess.run([*town.machines["outside"].enter, "python3", str(WIRE), "send", "eth1", last], check=True)
        seen = set()
        for line in watching.stdout:
            seen.add(line.strip())
            if line.strip() == last:
                break
        watching.kill()
    return {name for name, (frame, _) in FRAMES.items() if craft.untagged(frame).hex() in seen}


def test_without_a_firewall_all_pass(town: Town) -> None:
    assert passing(town) == set(FRAMES)


@pytest.mark.parametrize("allowed", ALLOWED)
@pytest.mark.parametrize("whom", ["interface", "mac"])
def test_a_guest_sends_in_its_own_name_alone(
    town: Town, open_session: Callable[[], Session], allowed: str, whom: str
) -> None:
    guarded = {
        "family": "bridge",
        "stateful": False,
        whom: {"interface": "tap-lan1", "mac": OWN}[whom],
        "anti_spoofing": {"mac": OWN, **ALLOWED[allowed]},
    }
    apply(open_session(), {"resource": {"nftables_firewall": {"lan1": guarded}}})
    expected = {name for name, (_, where) in FRAMES.items() if allowed in where.split()}
    if whom == "mac":  # a guest that takes another MAC address is not known by its own
        expected |= {"ARP from another MAC", "IPv4 from another MAC"}
    assert passing(town) == expected


@pytest.mark.parametrize("services", [["arp", "dhcp", "nd"], ["arp"], []])
def test_services_work_whatever_the_rules_say(
    town: Town, open_session: Callable[[], Session], services: list[str]
) -> None:
    of = {
        "arp": {"ARP of its own", "an ARP probe", "ARP for another address"},
        "dhcp": {"asking for a lease"},
        "nd": {"advertising itself", "advertising itself, shortly", "advertising another", "detecting duplicates"},
    }
    guarded = {
        "family": "bridge",
        "stateful": False,
        "interface": "tap-lan1",
        "anti_spoofing": {"mac": OWN},
        "egress_default": "drop",
        "egress": [{"action": "drop"}],
        "services": services,
    }
    apply(open_session(), {"resource": {"nftables_firewall": {"lan1": guarded}}})
    assert passing(town) == set().union(*(of[name] for name in services))
