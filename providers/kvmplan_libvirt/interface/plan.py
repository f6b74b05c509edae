"""Planning one NIC, without I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kvmplan_libvirt.identity import derived_mac
from kvmplan_libvirt.impact import impact_between, replaced
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.mechanism import HOTPLUG
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import UNKNOWN, Diagnostic, Impact, MacClaim, Object, Planned, Proposal, error


def plan(proposal: Proposal, reach: Reach) -> Planned:
    values = complete(proposal.proposed, proposal.configured, proposal.prior, reach.seed(proposal.address))
    mac = text(values, "mac")
    impact = impact_between(INTERFACE, proposal.prior, values)
    if proposal.prior is None:
        impact = Impact(HOTPLUG.level, (), HOTPLUG.why, (HOTPLUG.call,))
    return Planned(
        values=values,
        replaces=replaced(INTERFACE, proposal.prior, values),
        impact=impact,
        claims=() if mac is None else (MacClaim(mac.lower()),),
        diagnostics=tuple(_check(proposal.configured)),
    )


def complete(values: Object, configured: Object, prior: Object | None, seed: tuple[str, ...]) -> dict[str, Any]:
    """``values`` with the MAC address filled in: the one it has, or one derived for this NIC of this domain."""
    domain = text(values, "domain")
    if configured.get("mac") is not None or domain is None:
        return dict(values)
    kept = text(prior, "mac") if prior is not None and prior.get("domain") == domain else None
    return {**values, "mac": kept or derived_mac(*seed, domain)}


def complete_rest(values: Object, seed: tuple[str, ...]) -> dict[str, Any]:
    """``values`` as they are applied."""
    return complete(values, {} if values["mac"] is UNKNOWN else values, None, seed)


def _check(configured: Object) -> Iterator[Diagnostic]:
    if configured.get("network") is None and configured.get("bridge") is None:
        yield error(
            "The NIC is attached to nothing",
            'Say what it is attached to: `network = "NAME"` of a libvirt network, or `bridge = "NAME"` of the host.',
        )
    elif configured.get("network") is not None and configured.get("bridge") is not None:
        yield error("The NIC is attached to two things", "Write either `network` or `bridge`.", path=("bridge",))
