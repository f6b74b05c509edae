"""Judging a lane's plan as a whole against the host as it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kvmplan_nftables.assess.foreseen import accepts
from kvmplan_nftables.assess.forwards import Planned, forwards, judge_forwards
from kvmplan_nftables.assess.guests import Way, judge_bridged, judge_ways_out, ways_out
from kvmplan_nftables.assess.spans import Nets
from kvmplan_nftables.assess.traffic import likewise
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
    claims = Nets((claim.network, claim) for claim in subnets)
    needs = [(one.address, one.forward.target.version) for one in forwarding if not claims.around(one.forward.target)]
    needs += [(way.address, way.network.version) for way in ways if not way.claimed]
    for version, name in _FORWARDING.items():
        first, *others = [address for address, needed in needs if needed == version] or [""]
        if first and view.sysctl(name) == "0":
            yield warning(
                "The host does not forward packets",
                f"{name} is 0, so nothing gets from outside to guests, or from guests to the outside."
                f"{likewise(others)} Run `sysctl -w {name}=1` and keep it in /etc/sysctl.d. (libvirt sets it when a "
                "routed network starts.)",
                address=first,
            )
