"""Judging a lane's plan as a whole against the host as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kvmplan_nftables.assess import firewalls
from kvmplan_nftables.assess.allowed import judge_allowed
from kvmplan_nftables.assess.foreseen import accepts
from kvmplan_nftables.assess.forwards import Planned, forwards, judge_forwards
from kvmplan_nftables.assess.guests import Way, judge_bridged, judge_ways_out, ways_out
from kvmplan_nftables.assess.incompatible import judge_incompatible
from kvmplan_nftables.assess.interfaces import judge_interfaces
from kvmplan_nftables.assess.kernel import Need, judge_forwarding, judge_legacy, judge_sources
from kvmplan_nftables.assess.redirects import judge_redirects, redirects
from kvmplan_nftables.assess.spans import Nets
from kvmplan_nftables.assess.view import View
from kvmplan_sdk import Change, ClaimedBy, Diagnostic, Host, SubnetClaim


def judge(
    host: Host,
    changes: Sequence[Change],
    claims: Sequence[ClaimedBy],
    lineage: str,
    guarding: Sequence[firewalls.Planned],
) -> Iterator[Diagnostic]:
    view = View(host, accepts(changes, lineage))
    subnets = [claimed.claim for claimed in claims if isinstance(claimed.claim, SubnetClaim)]
    forwarding, ways, redirected = forwards(changes), list(ways_out(view, changes, subnets)), [*redirects(changes)]
    yield from judge_forwards(view, forwarding, subnets)
    yield from judge_ways_out(view, ways)
    yield from judge_redirects(view, redirected)
    targets = frozenset(one.forward.target for one in forwarding)
    yield from judge_allowed(view, guarding, subnets, [way.network for way in ways], targets)
    yield from judge_bridged(view, changes)
    yield from judge_incompatible(host, view, changes)
    yield from judge_forwarding(view, [*_needs(view, forwarding, ways, subnets)])
    yield from judge_sources(view, forwarding)
    yield from judge_interfaces(view, changes, claims)
    judged = [[one.address for one in forwarding], [way.address for way in ways], [one.address for one in redirected]]
    yield from judge_legacy(view, [address for some in judged for address in some])


def _needs(
    view: View, forwarding: Sequence[Planned], ways: Sequence[Way], subnets: Sequence[SubnetClaim]
) -> Iterator[Need]:
    claims = Nets((claim.network, claim.interface) for claim in subnets)
    for one in forwarding:
        target, comes = one.forward.target, one.forward.interface
        claimed = [interface for _, interface in claims.around(target)]
        guests = claimed[-1] if claimed else view.interface_to(target)
        sides = (comes,) if comes else view.outside(target.version)
        yield Need(one.address, target.version, (*sides, *([guests] if guests else [])), bool(claimed))
    for way in ways:
        sides = (way.out,) if way.out else view.outside(way.network.version)
        yield Need(way.address, way.network.version, (way.interface, *sides), way.claimed)
