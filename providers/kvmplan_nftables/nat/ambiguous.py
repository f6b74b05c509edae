"""Destinations that two `nftables_dnat` would translate: their rules stand in no order, and either might win.

What `PortClaim` tells of, ports of one address for anybody, the engine compares itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kvmplan_nftables.nat.dnat import DNAT
from kvmplan_nftables.nat.forward import items
from kvmplan_nftables.nat.match import nets, parse_span
from kvmplan_nftables.nat.meeting import Key, Point, any_or, asked_at, kept_at, within
from kvmplan_nftables.parts import Network, Ports, merged, parse_ports
from kvmplan_nftables.standing import standing
from kvmplan_sdk import Change, Diagnostic, Object, Value, error, warning

_EVERY: Ports = (1, 65535)


@dataclass(frozen=True, slots=True)
class _Translation:
    """``destination``: None for the host's own addresses. ``claims``: whether the engine knows all that it takes.
    ``changed``: it is new or differs from what is there.
    """

    address: str
    version: int
    destination: Network | None
    interface: Value
    protocol: Value
    ports: Sequence[Ports]
    sources: Sequence[Network]
    claims: bool
    changed: bool

    def points(self, lengths: Sequence[int]) -> list[Point]:
        """One for each of the sources."""
        net = self.destination
        to = [self.version] if net is None else within(net, lengths)
        sources = [[None, *within(net, lengths)] for net in self.sources] or [[None]]
        return [(to, any_or(self.interface), any_or(self.protocol), source) for source in sources]


def judge_ambiguous(changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """An error for each that meets one whose ports begin before, or as one that is listed before; a warning where both
    are there already.
    """
    found = list(standing(changes, ("nftables_dnat",), _translation))
    for index, met in sorted(_meetings(found).items()):
        yield _told(found[index], max((found[other] for other in sorted(met)), key=lambda other: other.changed))


def _meetings(found: Sequence[_Translation]) -> Mapping[int, Sequence[int]]:
    """Each with some that it meets: of those that are changed, and of all others, where there are any."""
    lengths = sorted({net.prefixlen for one in found for net in (one.destination, *one.sources) if net is not None})
    farthest: dict[Key, dict[tuple[bool, bool], tuple[int, int]]] = defaultdict(dict)
    met: dict[int, list[int]] = defaultdict(list)
    for (first, last), index in sorted((ports, index) for index, one in enumerate(found) for ports in one.ports):
        one = found[index]
        points = one.points(lengths)
        for place, key in (asked for point in points for asked in enumerate(asked_at(point))):
            for (claims, _), (end, other) in farthest[key].items() if key in farthest else ():
                if first <= end and (place or not claims or not one.claims):  # the engine compares claims of one place
                    met[index].append(other)
        for key in (key for point in points for key in kept_at(point)):
            kept = farthest[key]
            kept[one.claims, one.changed] = max(kept.get((one.claims, one.changed), (0, 0)), (last, index))
    return met


def _translation(change: Change, values: Object) -> _Translation:
    destinations = nets(values.get("destination"))
    return _Translation(
        change.address,
        parse_span(values["to"])[0].version,
        destinations[0] if destinations else None,
        values.get("interface"),
        values.get("protocol"),
        merged(parse_ports(item) for item in items(values.get("ports"))) or [_EVERY],
        nets(values.get("sources")),
        any(True for _ in DNAT.claims(values)),
        change.verb is not None,
    )


def _told(one: _Translation, other: _Translation) -> Diagnostic:
    place = str(one.destination or "the host").removesuffix("/32").removesuffix("/128")
    detail = (
        f"{one.address} and {other.address} both translate what goes to {place}, and nothing says which of them wins. "
        "Write other ports, sources or another destination; or a nftables_port_forward for the ports, which wins."
    )
    tell = error if one.changed or other.changed else warning
    return tell("Two translations of one destination", detail, address=one.address, path=("destination",))
