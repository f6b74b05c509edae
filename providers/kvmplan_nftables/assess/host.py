"""Judging a lane's plan as a whole against the host as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kvmplan_nftables.assess.foreseen import accepts
from kvmplan_nftables.assess.forwards import Planned, forwards, judge_forwards
from kvmplan_nftables.assess.guests import Way, judge_bridged, judge_ways_out, ways_out
from kvmplan_nftables.assess.view import View
from kvmplan_sdk import Change, ClaimedBy, Diagnostic, Host, SubnetClaim, warning

_FORWARDING = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}


def judge(host: Host, changes: Sequence[Change], claims: Sequence[ClaimedBy], lineage: str) -> Iterator[Diagnostic]:
    view = View(host, accepts(changes, lineage))
    subnets = [claimed.claim for claimed in claims if isinstance(claimed.claim, SubnetClaim)]
    forwarding, ways = forwards(changes), list(ways_out(view, changes, subnets))
    yield from judge_forwards(view, forwarding, subnets)
    yield from judge_ways_out(view, ways)
    yield from judge_bridged(view, changes)
    yield from _not_forwarding(view, forwarding, ways, subnets)


def _not_forwarding(
    view: View, forwarding: Sequence[Planned], ways: Sequence[Way], subnets: Sequence[SubnetClaim]
) -> Iterator[Diagnostic]:
    """libvirt sets it as it starts a network that a resource makes."""
    needs = [
        (one.address, one.forward.target.version, f"from outside to {one.forward.target}")
        for one in forwarding
        if not any(one.forward.target in claim.network for claim in subnets)
    ]
    needs += [
        (way.address, way.network.version, f"from {way.network} to the outside") for way in ways if not way.claimed
    ]
    for address, version, what in needs:
        name = _FORWARDING[version]
        if view.sysctl(name) == "0":
            yield warning(
                "The host does not forward packets",
                f"{name} is 0, so nothing gets {what}. Run `sysctl -w {name}=1` and keep it in /etc/sysctl.d. (libvirt "
                "sets it when a routed network starts.)",
                address=address,
            )
