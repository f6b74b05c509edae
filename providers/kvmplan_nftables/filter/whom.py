"""Whom a firewall guards, and in which maps of the skeleton that is looked up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kvmplan_nftables import parts
from kvmplan_nftables.filter import terms
from kvmplan_nftables.parts import parse_address, parse_looked_up, parse_network
from kvmplan_sdk import Object
from kvmplan_sdk.values import is_known

WAYS = ("interface", "mac", "address", "network")
"""Attributes, of which a firewall has exactly one."""
_TOLD = {"interface": "guests behind", "mac": "guests with", "address": "guests at", "network": "guests in"}
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Key:
    """A key of the maps ``fw_from_`` and ``fw_to_`` of ``kind``."""

    kind: str
    text: str


def ways(values: Object) -> list[str]:
    return [name for name in WAYS if values.get(name) is not None]


def keys(values: Object) -> Iterator[Key]:
    """Raises `ValueError` for what is no name, address or subnet."""
    (way,) = ways(values)
    value = values[way]
    if way == "interface":
        yield Key("if", parse_looked_up(value))
    elif way == "mac":
        yield Key("mac", terms.parse_mac(value))
    elif way == "network":
        network = parse_network(value)
        yield Key(f"net{network.version}", parts.spelled(network))
    elif isinstance(value, (list, tuple)):
        for address in dict.fromkeys(map(parse_address, value)):
            yield Key(f"ip{address.version}", str(address))


def told(values: Object) -> str:
    """For people: nft knows no guests by name."""
    way = ways(values)
    if len(way) != 1 or not is_known(value := values[way[0]]):
        return "guarded guests"
    several = [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]
    more = f" and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
    return f"{_TOLD[way[0]]} {', '.join(several[:_SHOWN])}{more}"
