"""Two `nftables_snat` of one subnet: of different sizes the smaller one wins, of one size either might."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kvmplan_nftables.nat.match import nets
from kvmplan_nftables.nat.meeting import Key, Point, any_or, asked_at, kept_at, within
from kvmplan_nftables.parts import Network, parse_network
from kvmplan_nftables.standing import standing
from kvmplan_sdk import Change, Diagnostic, Object, Value, error, warning


@dataclass(frozen=True, slots=True)
class _Way:
    """``changed``: it is new or differs from what is there."""

    address: str
    source: Network
    interface: Value
    wanted: Sequence[Network]
    kept: Sequence[Network]
    changed: bool

    def points(self, lengths: Sequence[int]) -> list[Point]:
        """One for each of the destinations."""
        wanted = [[None, *within(net, lengths)] for net in self.wanted] or [[None]]
        return [([self.source], any_or(self.interface), net) for net in wanted]

    def meets(self, other: _Way) -> bool:
        """Whether exceptions leave anything of what both want."""
        return self._leaves(other) and other._leaves(self)

    def _leaves(self, other: _Way) -> bool:
        """Whether something of what ``other`` wants is left where this one wants it, too."""
        wanted = [net for net in other.wanted if not any(_within(net, kept) for kept in self.kept)]
        if not other.wanted or not self.wanted:
            return bool(wanted) or not other.wanted
        return any(_within(one, net) or _within(net, one) for one in self.wanted for net in wanted)


def judge_same_source(changes: Sequence[Change]) -> Iterator[Diagnostic]:
    """An error for each that meets an earlier one; a warning where both are there already."""
    ways = list(standing(changes, ("nftables_snat",), _way))
    lengths = sorted({net.prefixlen for one in ways for net in one.wanted})
    held: dict[Key, list[_Way]] = defaultdict(list)
    for one in ways:
        points = one.points(lengths)
        around = (other for point in points for key in asked_at(point) for other in held.get(key, ()))
        if (other := next((other for other in around if one.meets(other)), None)) is not None:
            yield _told(one, other)
        for key in (key for point in points for key in kept_at(point)):
            held[key].append(one)


def _way(change: Change, values: Object) -> _Way:
    source = parse_network(values["source"])
    wanted, kept = nets(values.get("destinations")), nets(values.get("except_destinations"))
    return _Way(change.address, source, values.get("out_interface"), wanted, kept, change.verb is not None)


def _within(one: Network, other: Network) -> bool:
    return one.version == other.version and one[0] in other and one[-1] in other


def _told(one: _Way, other: _Way) -> Diagnostic:
    detail = (
        f"{one.address} and {other.address} both give {one.source} an address on its way out, and nothing says which "
        "of them wins. Write other destinations, another out_interface, or a smaller source, which wins over a larger "
        "one."
    )
    tell = error if one.changed or other.changed else warning
    return tell("Two addresses for one subnet", detail, address=one.address, path=("source",))
