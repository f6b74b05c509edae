"""Forwards of the same table that another state made, or somebody by hand, of ports that this plan wants.

Of the same key nft has words for it, of a range and a port in it not: then one of the two would do nothing.
"""

from __future__ import annotations

import contextlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from kvmplan_nftables.nat.forward import Forward, forward_of
from kvmplan_nftables.nat.found import Said, said
from kvmplan_nftables.parts import Network, Ports, parse_net, parse_ports
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundElement, Listing
from kvmplan_nftables.table.translation import FORWARDS
from kvmplan_sdk import Change, Diagnostic, error
from kvmplan_sdk.values import is_known

_Place = tuple[str, str, str, int]
"""Protocol, address and interface (empty for any), IP version."""


@dataclass(frozen=True, slots=True)
class _Held:
    """``source``: None for anybody."""

    ports: Ports
    source: Network | None
    said: Said
    found: FoundElement

    def is_for(self, sources: Sequence[Network]) -> bool:
        return self.source is None or not sources or any(self.source.overlaps(one) for one in sources)


@dataclass(frozen=True, slots=True)
class _Taken:
    """In the order of their first ports. ``reach``: the last port of these so far."""

    held: Sequence[_Held]
    first: Sequence[int]
    reach: Sequence[int]

    @staticmethod
    def of(held: Sequence[_Held]) -> _Taken:
        ordered = sorted(held, key=lambda one: one.ports)
        reach = accumulate((one.ports[1] for one in ordered), max)
        return _Taken(ordered, [one.ports[0] for one in ordered], list(reach))

    def meeting(self, ports: Ports, sources: Sequence[Network]) -> _Held | None:
        for index in range(bisect_right(self.first, ports[1]) - 1, -1, -1):
            if self.reach[index] < ports[0]:
                return None
            if self.held[index].ports[1] >= ports[0] and self.held[index].is_for(sources):
                return self.held[index]
        return None


def judge_others(changes: Sequence[Change], listing: Listing | None, lineage: str) -> Iterator[Diagnostic]:
    """An error for each forward that is new or changed. ``listing``: the table of forwards."""
    taken = _taken(listing, Owner(lineage, "").short_lineage) if listing is not None else {}
    for change in changes if taken else ():
        if change.type == "nftables_port_forward" and change.verb and change.after and is_known(change.after):
            with contextlib.suppress(ValueError):  # planning has said what is wrong with it
                held = _first_met(forward_of(change.after), taken)
                if held is not None:
                    yield _told(held, change)


def _taken(listing: Listing, lineage: str) -> Mapping[_Place, _Taken]:
    found: dict[_Place, list[_Held]] = defaultdict(list)
    others = (tag for tag in {*listing.tags, ""} if tag.partition(" ")[0] != lineage)
    for element in (one for tag in sorted(others) for one in listing.elements_of(tag) if one.holder in FORWARDS):
        with contextlib.suppress(ValueError):  # of somebody's who has words for it that we have not
            parts = said(element)
            source = parse_net(parts.source) if parts.source else None
            held = _Held(parse_ports(parts.ports), source, parts, element)
            found[parts.protocol, parts.address, parts.interface, 4 if element.holder[2] == "4" else 6].append(held)
    return {place: _Taken.of(held) for place, held in found.items()}


def _first_met(forward: Forward, taken: Mapping[_Place, _Taken]) -> _Held | None:
    address, interface = str(forward.address or ""), forward.interface or ""
    for protocol in forward.protocols:
        there = taken.get((protocol, address, interface, forward.target.version))
        for ports in forward.ports if there else ():
            if there and (held := there.meeting(ports, forward.sources)) is not None:
                return held
    return None


def _told(held: _Held, change: Change) -> Diagnostic:
    what = f"{held.said.protocol.upper()} {'ports' if '-' in held.said.ports else 'port'} {held.said.ports}"
    lineage, _, readable = held.found.tag.partition(" ")
    whose = f"{Owner.address_in(readable) or readable} of another state ({lineage}...)" if lineage else "Somebody"
    remedy = (
        "or take it out there first"
        if lineage
        else f"or remove that: `nft delete element inet kvmplan {held.found.holder} '{{ {held.found.key} }}'`"
    )
    return error(
        "A port that is forwarded already",
        f"{whose} forwards {what} of this host to {held.said.target}. Choose another port, an address or clients "
        f"of your own, {remedy}.",
        address=change.address,
        path=("ports" if (change.after or {}).get("ports") else "port",),
    )
