"""What only libvirt says of a value: how an object may be called, what a UUID and a mask look like."""

from __future__ import annotations

import re
from ipaddress import IPv4Network

from kvmplan_sdk import Value

UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_MASKS = frozenset(str(IPv4Network((0, prefix)).netmask) for prefix in range(33))
_NETWORK_NAME = re.compile(r"(?=.*\S)[^/\n]+")


def uuid(value: Value) -> str | None:
    well = UUID.fullmatch(str(value))
    return None if well else f"{value!r} is not a UUID such as 3f1c8a52-9d0b-4c7a-8b1f-2e1055ad0c11."


def network_name(value: Value) -> str | None:
    well = _NETWORK_NAME.fullmatch(str(value))
    return None if well else f"{value!r} cannot name a network: one line, no slash, and not blank."


def netmask(value: Value) -> str | None:
    well = value in _MASKS
    return None if well else f"{value!r} is not a mask such as 255.255.255.0. IPv6 has only `prefix`."
