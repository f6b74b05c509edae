"""Planning a single entry, without I/O. Nothing of it is derived."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.entry.tables import DHCP_HOST, ENTRY_KINDS, EntryKind
from kvmplan_libvirt.impact import impact_between
from kvmplan_libvirt.network.check_dhcp import check_guest
from kvmplan_libvirt.plain import parse_address
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Diagnostic, Impact, Object, Planned, Proposal, error


def plan(proposal: Proposal, _reach: Reach) -> Planned:
    kind = ENTRY_KINDS[proposal.type]
    impact = impact_between(kind.node, proposal.prior, proposal.proposed)
    if proposal.prior is None:
        change = kind.element.change
        impact = Impact(change.level, (), change.why, (change.call,))
    return Planned(values=proposal.proposed, impact=impact, diagnostics=tuple(_check(kind, proposal.configured)))


def _check(kind: EntryKind, configured: Object) -> Iterator[Diagnostic]:
    if kind is DHCP_HOST:
        address = parse_address(configured.get("ip"))
        yield from check_guest(configured, address.version if address else None, ())
    elif configured.get("hostname") == []:
        yield error("The DNS record has no names", "Write at least one.", path=("hostname",))
