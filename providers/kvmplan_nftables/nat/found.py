"""What the elements found of a forward say that its values do not: drift that can be told attribute by attribute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from kvmplan_nftables.table.listing import FoundElement
from kvmplan_nftables.table.pieces import Element
from kvmplan_sdk import Object, Value


@dataclass(frozen=True, slots=True)
class Said:
    """What an element says: the parts of a map's key and data, empty where the map has none of that."""

    source: str
    address: str
    interface: str
    protocol: str
    ports: str
    target: str
    target_port: str


def seen(values: Object, found: Sequence[FoundElement], pieces: Callable[[Object], Sequence[Element]]) -> Object | None:
    """``values`` changed to what ``found`` is; None where no values are made of just that."""
    there = {(element.holder, element.key): element.data for element in found}
    for changed in _guesses(values, [said(element) for element in found]):
        try:
            wanted = {(piece.holder, piece.key): piece.data for piece in pieces(changed)}
        except ValueError:
            continue
        if wanted == there:
            return changed
    return None


def _guesses(values: Object, found: Sequence[Said]) -> Iterator[Object]:
    """First what differs least."""
    if not found:
        return
    for one in found[:1]:
        yield {**values, "target": one.target}
        if one.target_port:
            changed = {**values, "target": one.target, "target_port": int(one.target_port)}
            yield changed
            if values.get("port") is not None:
                yield {**changed, **_single(one)}
    sources = sorted({one.source for one in found if one.source})
    yield {**values, "sources": sources or None}
    ports: list[Value] = list(dict.fromkeys(one.ports for one in found))
    yield {**values, "ports": ports}
    yield {**values, "protocols": sorted({one.protocol for one in found})}


def _single(one: Said) -> Object:
    number = int(one.ports) if one.ports.isdecimal() else None
    return {"protocol": one.protocol, "port": number, "address": one.address or None}


def said(element: FoundElement) -> Said:
    """Of the maps with clients, the source comes first."""
    *before, protocol, ports = element.key.split(" . ")
    target, _, target_port = element.data.partition(" . ")
    client = element.holder.endswith(("_range", "_keep"))
    source, listens = (before[0], before[1:]) if client and before else ("", before)
    place = "".join(listens)
    address, interface = (place, "") if "_addr" in element.holder else ("", place)
    return Said(source, address, interface, protocol, ports, target, target_port)
