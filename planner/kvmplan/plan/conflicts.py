"""Claims that contradict each other, across all providers of a host."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network

from kvmplan.addresses import Address
from kvmplan.plan.model import Action, Change
from kvmplan_sdk.capabilities import ClaimedBy
from kvmplan_sdk.claims import Claim, InterfaceClaim, MacClaim, PortClaim, SubnetClaim
from kvmplan_sdk.diagnostics import Diagnostic, Severity, error

_Clients = IPv4Network | IPv6Network | None
_Held = tuple[PortClaim, int]
_GOING = {Action.DELETE, Action.FORGET}


def claims_by_host(changes: Iterable[Change]) -> Mapping[str, tuple[ClaimedBy, ...]]:
    """What every host's objects claim once the plan is carried out."""
    found: dict[str, list[ClaimedBy]] = defaultdict(list)
    for change in changes:
        if change.action not in _GOING:
            found[change.lane.host] += [ClaimedBy(address=str(change.address), claim=claim) for claim in change.claims]
    return {host: tuple(claims) for host, claims in found.items()}


def conflicts(claims: Mapping[str, tuple[ClaimedBy, ...]], changes: Mapping[Address, Change]) -> Iterator[Diagnostic]:
    """An error for every two claims that cannot both come true, placed at the later one; a warning where both objects
    are there already, and stay as they are.
    """
    by_text = {str(address): change for address, change in changes.items()}
    for host, claimed in sorted(claims.items()):
        for diagnostic, other in (
            *_taken_twice(claimed, host),
            *_ports_taken_twice(claimed, host),
            *_overlapping(claimed, host),
        ):
            change = by_text[diagnostic.address or ""]
            stay = _stays(change) and _stays(by_text[other])
            yield (replace(diagnostic, severity=Severity.WARNING) if stay else diagnostic).at(change.source)


def _stays(change: Change) -> bool:
    return change.action is Action.NO_OP or change.only_takes_in


Conflict = tuple[Diagnostic, str]
"""With the address of the other one that it is about."""


def _taken_twice(claimed: Iterable[ClaimedBy], host: str) -> Iterator[Conflict]:
    first: dict[object, ClaimedBy] = {}
    for one in claimed:
        key, what = _key(one.claim)
        if key is None:
            continue
        other = first.setdefault(key, one)
        if other is not one and other.address != one.address:
            told = error(
                f"{what[0].upper()}{what[1:]} taken twice",
                f"{one.address} and {other.address} both want {what} on host {host}. Change one of them.",
                address=one.address,
            )
            yield told, other.address


def _key(claim: Claim) -> tuple[object, str]:
    match claim:
        case InterfaceClaim(name):
            return claim, f"interface {name}"
        case MacClaim(mac):
            return MacClaim(mac.lower()), f"MAC address {mac}"
        case _:
            return None, ""


@dataclass(slots=True)
class _Widest:
    """Of the claims of one place so far, the one that reaches farthest: by its very clients, and by all in whom these
    are. None is anybody.
    """

    at: dict[_Clients, _Held] = field(default_factory=dict)
    within: dict[_Clients, _Held] = field(default_factory=dict)

    def meeting(self, around: Sequence[_Clients]) -> Iterator[_Held]:
        """``around``: clients, with those that they are in before them."""
        yield from (self.at[clients] for clients in around if clients in self.at)
        if around[-1] in self.within:
            yield self.within[around[-1]]

    def add(self, held: _Held, around: Sequence[_Clients]) -> None:
        self.at[around[-1]] = _wider(held, self.at.get(around[-1]))
        for clients in around[:-1]:
            self.within[clients] = _wider(held, self.within.get(clients))


def _wider(one: _Held, other: _Held | None) -> _Held:
    return one if other is None or one[0].end > other[0].end else other


def _ports_taken_twice(claimed: Sequence[ClaimedBy], host: str) -> Iterator[Conflict]:
    """Found by sorting."""
    by_place: dict[tuple[str, str, str], list[_Held]] = defaultdict(list)
    for index, one in enumerate(claimed):
        if isinstance(claim := one.claim, PortClaim):
            by_place[claim.protocol, claim.address, claim.interface].append((claim, index))
    for claims in by_place.values():
        lengths = sorted({net.prefixlen for claim, _ in claims for net in claim.sources})
        widest = _Widest()
        for claim, index in sorted(claims, key=lambda item: (item[0].port, item[1])):
            around = [_around(net, lengths) for net in claim.sources] or [(None,)]
            met = (held for clients in around for held in widest.meeting(clients) if claim.port <= held[0].end)
            other = next((held for held in met if claimed[held[1]].address != claimed[index].address), None)
            if other is not None:
                yield _port_conflict(claim, other[0], *(claimed[at] for at in sorted((other[1], index))), host=host)
            for clients in around:
                widest.add((claim, index), clients)


def _around(net: IPv4Network | IPv6Network, lengths: Sequence[int]) -> Sequence[_Clients]:
    return (None, *(net.supernet(new_prefix=length) for length in lengths if length < net.prefixlen), net)


def _port_conflict(claim: PortClaim, other: PortClaim, first: ClaimedBy, second: ClaimedBy, *, host: str) -> Conflict:
    what = _port(claim, min(claim.end, other.end))
    detail = f"{second.address} and {first.address} both want {what} on host {host}. Change one of them."
    return error(f"{what} taken twice", detail, address=second.address), first.address


def _port(claim: PortClaim, last: int) -> str:
    ports = f"port {claim.port}" if last == claim.port else f"ports {claim.port}-{last}"
    place = {"": "", "0.0.0.0": " (IPv4)", "::": " (IPv6)"}.get(claim.address, f" of {claim.address}")  # noqa: S104
    return f"{claim.protocol.upper()} {ports}{place}{f' on {claim.interface}' if claim.interface else ''}"


def _overlapping(claimed: Iterable[ClaimedBy], host: str) -> Iterator[Conflict]:
    """Overlaps found by sorting: subnets either contain each other or are apart.

    ``open_ones``: the subnets around the one at hand, outermost first, each with the innermost one around it that is on
    another interface.
    """
    subnets = [(one.claim, one.address) for one in claimed if isinstance(one.claim, SubnetClaim)]
    subnets.sort(key=lambda item: (item[0].network.version, item[0].network.network_address, item[0].network.prefixlen))
    open_ones: list[tuple[SubnetClaim, str, tuple[SubnetClaim, str] | None]] = []
    for claim, address in subnets:
        while open_ones and not _contains(open_ones[-1][0], claim):
            open_ones.pop()
        other = None
        if open_ones:
            around, its_address, beyond = open_ones[-1]
            other = (around, its_address) if around.interface != claim.interface else beyond
        if other is not None:
            outer, owner = other
            told = error(
                "Overlapping subnets",
                f"{claim.network} of {address} and {outer.network} of {owner} overlap on host {host}: it could "
                "not tell where a packet goes. Give one of them another subnet.",
                address=address,
            )
            yield told, owner
        open_ones.append((claim, address, other))


def _contains(outer: SubnetClaim, inner: SubnetClaim) -> bool:
    if outer.network.version != inner.network.version:
        return False
    return (
        outer.network.network_address <= inner.network.network_address  # type: ignore[operator]
        and inner.network.broadcast_address <= outer.network.broadcast_address  # type: ignore[operator]
    )
