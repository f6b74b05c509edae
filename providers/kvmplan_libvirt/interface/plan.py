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
    """``values`` with what is not configured filled in: the model, and the MAC address that the NIC has, or one derived
    for this NIC of this domain.
    """
    filled = dict(values)
    if configured.get("model") is None:
        filled["model"] = _model(prior)
    domain = text(values, "domain")
    if configured.get("mac") is None and domain is not None:
        kept = text(prior, "mac") if prior is not None and prior.get("domain") == domain else None
        filled["mac"] = kept or derived_mac(*seed, domain)
    return filled


def _model(prior: Object | None) -> str | None:
    """A NIC without one was made by somebody else, and stays like that."""
    return None if prior is not None and prior.get("model") is None else "virtio"


def complete_rest(values: Object, seed: tuple[str, ...]) -> dict[str, Any]:
    """``values`` as they are applied: what is unknown is filled in."""
    known = {name: value for name, value in values.items() if value is not UNKNOWN}
    filled = complete(values, known, None, seed)
    return {**filled, "model": known["model"]} if "model" in known else filled


def _check(configured: Object) -> Iterator[Diagnostic]:
    if configured.get("network") is None and configured.get("bridge") is None:
        yield error(
            "The NIC is attached to nothing",
            'Say what it is attached to: `network = "NAME"` of a libvirt network, or `bridge = "NAME"` of the host.',
        )
    elif configured.get("network") is not None and configured.get("bridge") is not None:
        yield error("The NIC is attached to two things", "Write either `network` or `bridge`.", path=("bridge",))
