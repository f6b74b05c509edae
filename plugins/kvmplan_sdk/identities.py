"""Whether an object that was discovered is one that is known: by those values that tell it from others.

Used by the engine and by the test kit. Not a provider's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from itertools import product

from kvmplan_sdk.values import Object, Value

Key = tuple[str, ...]


def key_of(values: Object, names: Iterable[str]) -> Key:
    """What ``values`` is known by."""
    return tuple(_spelled(values.get(name)) for name in names)


def keys_of(identity: Object) -> Iterator[Key]:
    """What the object of an identity (`kvmplan_sdk.Discovered`) may be known by: one key, or several."""
    several = [value if isinstance(value, tuple) else (value,) for value in identity.values()]
    return (tuple(map(_spelled, values)) for values in product(*several))


def _spelled(value: Value) -> str:
    """MAC addresses and UUIDs are written in either case, IPv6 addresses in many ways."""
    text = str(value).lower()
    try:
        return str(ip_address(text)) if ":" in text else text
    except ValueError:
        return text
