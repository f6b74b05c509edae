"""Addresses of the lab: fixed by name, so that a host keeps its address from one run to the next."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Collection

from kvmplan.lab.errors import LabError

LAN = ipaddress.IPv4Network("203.0.113.0/24")
GATEWAY = LAN[1]
INTERNET = ipaddress.IPv4Address("192.0.2.80")
_FIRST, _LAST = 10, 199
# What the LAN's own DHCP server gives to guests that are bridged onto it.
LEASED = (LAN[200], LAN[250])
_RESERVED = frozenset(("localhost", "outside"))
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,30}[a-z0-9])?")


def checked_name(name: str, what: str = "host") -> str:
    """``name`` itself; raises LabError where it cannot be a host name, a file name and part of a MAC's seed."""
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise LabError(
            f"{name!r} cannot name a lab {what}: 1 to 32 small letters, digits and inner hyphens, a letter first,"
            f" and none of {', '.join(sorted(_RESERVED))}"
        )
    return name


def address_for(name: str, taken: Collection[str]) -> str:
    """The LAN address of the host ``name``: drawn from the name, the next free one where two names draw the same."""
    count = _LAST - _FIRST + 1
    draw = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") % count
    for step in range(count):
        address = str(LAN[_FIRST + (draw + step) % count])
        if address not in taken:
            return address
    raise LabError(f"no address of {LAN} is free any more; end some hosts with: kvmplan lab down NAME")


def checked_address(address: str, taken: Collection[str]) -> str:
    """``address`` itself; raises LabError where it is no free host address of the LAN."""
    try:
        parsed = ipaddress.IPv4Address(address)
    except ValueError:
        raise LabError(f"{address!r} is no IPv4 address") from None
    if parsed not in LAN or parsed in (LAN.network_address, LAN.broadcast_address, GATEWAY):
        raise LabError(f"{address} is no host address of the lab's LAN {LAN} (gateway {GATEWAY})")
    if LEASED[0] <= parsed <= LEASED[1]:
        raise LabError(f"{address} is one of those the LAN's DHCP server gives out ({LEASED[0]} to {LEASED[1]})")
    if str(parsed) in taken:
        raise LabError(f"{address} belongs to another lab host already")
    return str(parsed)


def mac_for(*seed: str) -> str:
    """A locally administered unicast MAC drawn from the words given."""
    digest = hashlib.sha256("\0".join(seed).encode()).digest()
    return "02:" + ":".join(f"{byte:02x}" for byte in digest[:5])


def guest_mac_for(*seed: str) -> str:
    """A MAC in QEMU's own range (52:54:00) drawn from the words given."""
    digest = hashlib.sha256("\0".join(seed).encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])
