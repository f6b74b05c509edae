"""Destinations that two `nftables_dnat` would translate: their rules stand in no order, and either might win.

What `PortClaim` tells of, ports of one address for anybody, the engine compares itself.
"""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kvmplan_nftables.nat.dnat import DNAT
from kvmplan_nftables.nat.forward import items
from kvmplan_nftables.nat.match import nets, parse_span
from kvmplan_nftables.parts import Network, Ports, parse_ports
from kvmplan_sdk import Change, Diagnostic, Object, Value, error, warning
from kvmplan_sdk.values import is_known

_EVERY: Ports = (1, 65535)
_Place = tuple[int, Network | None]
"""An IP version and a destination, None for the host's own."""


@dataclass(frozen=True, slots=True)
class _Translation:
    """``claims``: whether the engine knows all that it takes. ``changed``: it is new or differs from what is there."""

    address: str
    place: _Place
    interface: Value
    protocol: Value
    ports: Sequence[Ports]
    sources: Sequence[Network]
    claims: bool
    changed: bool

    def meets(self, other: _Translation) -> bool:
        return (
            not (self.claims and other.claims and self.place == other.place and self.interface == other.interface)
            and _same(self.interface, other.interface)
            and _same(self.protocol, other.protocol)
            and any(low <= last and first <= high for low, high in self.ports for first, last in other.ports)
            and (not self.sources or not other.sources or _overlap(self.sources, other.sources))
        )


def judge_ambiguous(changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """An error for each that meets an earlier one, or one whose destination holds its own; a warning where both are
    there already.
    """
    by_place: dict[_Place, list[_Translation]] = defaultdict(list)
    for change in changes:
        if change.type == "nftables_dnat" and change.after is not None and is_known(change.after):
            with contextlib.suppress(ValueError):  # planning has said what is wrong with it
                one = _translation(change.address, change.after, change.verb is not None)
                by_place[one.place].append(one)
    lengths = sorted({net.prefixlen for _, net in by_place if net is not None})
    for place, group in by_place.items():
        around = [other for wider in _around(place, lengths) for other in by_place.get(wider, ())]
        for index, one in enumerate(group):
            others = (other for other in (*around, *group[:index]) if one.meets(other))
            if (other := next(others, None)) is not None:
                yield _told(one, other)


def _translation(address: str, values: Object, changed: bool) -> _Translation:
    destinations = nets(values.get("destination"))
    return _Translation(
        address,
        (parse_span(values["to"])[0].version, destinations[0] if destinations else None),
        values.get("interface"),
        values.get("protocol"),
        [parse_ports(item) for item in items(values.get("ports"))] or [_EVERY],
        nets(values.get("sources")),
        any(True for _ in DNAT.claims(values)),
        changed,
    )


def _around(place: _Place, lengths: Sequence[int]) -> Iterator[_Place]:
    version, net = place
    if net is not None:
        yield from ((version, net.supernet(new_prefix=length)) for length in lengths if length < net.prefixlen)


def _same(one: Value, other: Value) -> bool:
    return one is None or other is None or one == other


def _overlap(some: Sequence[Network], others: Sequence[Network]) -> bool:
    return any(one.overlaps(other) for one in some for other in others)


def _told(one: _Translation, other: _Translation) -> Diagnostic:
    place = str(one.place[1] or "the host").removesuffix("/32").removesuffix("/128")
    detail = (
        f"{one.address} and {other.address} both translate what goes to {place}, and nothing says which of them wins. "
        "Write other ports, sources or another destination; or a nftables_port_forward for the ports, which wins."
    )
    tell = error if one.changed or other.changed else warning
    return tell("Two translations of one destination", detail, address=one.address, path=("destination",))
