"""Validators for the values that network configuration is made of.

Each takes a known value and returns what is wrong, in a whole sentence that says what to write instead, or None.
"""

from __future__ import annotations

import ipaddress
import re

from kvmplan_sdk.schema import Validator
from kvmplan_sdk.values import Value

_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")
_INTERFACE = re.compile(r"[^\s/:]{1,15}")


def one_of(*choices: str) -> Validator:
    def check(value: Value) -> str | None:
        return None if value in choices else f"{value!r} is not one of {', '.join(map(repr, choices))}."

    return check


def between(low: int, high: int) -> Validator:
    def check(value: Value) -> str | None:
        if isinstance(value, int) and low <= value <= high:
            return None
        return f"{value} is not a whole number from {low} to {high}."

    return check


def ip_address(value: Value) -> str | None:
    """An IPv4 or IPv6 address without a prefix length."""
    try:
        ipaddress.ip_address(str(value))
    except ValueError:
        hint = " Leave out the prefix length." if "/" in str(value) else ""
        return f"{value!r} is not an IP address such as 192.168.150.1 or fd00::1.{hint}"
    return None


def cidr(value: Value) -> str | None:
    """A subnet: the host bits are zero."""
    try:
        ipaddress.ip_network(str(value))
    except ValueError:
        try:
            meant = ipaddress.ip_network(str(value), strict=False) if "/" in str(value) else None
        except ValueError:
            meant = None
        hint = f" The subnet of that address is {meant}." if meant else ""
        return f"{value!r} is not a subnet in CIDR notation such as 192.168.150.0/24.{hint}"
    return None


def interface_address(value: Value) -> str | None:
    """An address with its prefix length, as an interface carries it."""
    try:
        if "/" not in str(value):
            raise ValueError
        ipaddress.ip_interface(str(value))
    except ValueError:
        return f"{value!r} is not an address with a prefix length such as 10.0.0.1/24."
    return None


def mac_address(value: Value) -> str | None:
    """A unicast MAC address in colon notation."""
    if not _MAC.fullmatch(str(value)):
        return f"{value!r} is not a MAC address such as 52:54:00:12:34:56."
    if int(str(value)[:2], 16) & 1:
        return f"{value!r} is a multicast address: the first byte of a NIC's MAC address is even."
    return None


def interface_name(value: Value) -> str | None:
    """A name the kernel takes for a network interface (at most 15 bytes, no blank, slash or colon)."""
    name = str(value)
    if name in {".", ".."} or not _INTERFACE.fullmatch(name) or len(name.encode()) > 15:
        return f"{value!r} cannot name a network interface: at most 15 characters, no blank, slash or colon."
    return None


def port(value: Value) -> str | None:
    return between(1, 65535)(value)
