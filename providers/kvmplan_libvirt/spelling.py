"""Spellings: libvirt writes some values in its own way, which must not look like a change.

``52:54:00:AA:00:01`` and ``52:54:00:aa:00:01`` are one MAC address, ``FD00:0::1`` and ``fd00::1`` one address, ``0x3``
and ``0x03`` one part of a PCI address; a UUID has its letters in either case.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from ipaddress import ip_address

from kvmplan_libvirt.validators import UUID
from kvmplan_sdk import Value

_HEXADECIMAL = re.compile(r"0x[0-9A-Fa-f]{1,4}")
_MAC = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}")


def canonical(value: Value) -> Value:
    """``value`` in one spelling, for comparing: what is off, and a block that says nothing, are as if left out."""
    if isinstance(value, str):
        return _canonical_text(value)
    if isinstance(value, Mapping):
        inner = {name: canonical(item) for name, item in value.items()}
        if inner.get("expiry") == 0:  # a lease for ever, whatever its unit
            inner["unit"] = None
        return inner if any(item is not None and item != [] for item in inner.values()) else None
    if isinstance(value, (list, tuple)):
        return [canonical(item) for item in value]
    return None if value is False else value


def _canonical_text(value: str) -> str:
    if _MAC.fullmatch(value):
        return value.lower()
    if UUID.fullmatch(value):
        return value.lower()
    if _HEXADECIMAL.fullmatch(value):
        return hex(int(value, 16))
    if ":" not in value:
        return value
    try:
        return str(ip_address(value))
    except ValueError:
        return value


def same(left: Value, right: Value) -> bool:
    return canonical(left) == canonical(right)


def frozen(value: Value) -> Hashable:
    """What two values that are the `same` have in common and others do not, to look them up by."""
    return _frozen(canonical(value))


def _frozen(value: Value) -> Hashable:
    if isinstance(value, Mapping):
        return tuple((name, _frozen(item)) for name, item in sorted(value.items()))
    return tuple(_frozen(item) for item in value) if isinstance(value, (list, tuple)) else value
