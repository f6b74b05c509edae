"""Planning one NIC, without I/O."""

from __future__ import annotations

from typing import Any

from kvmplan_libvirt.addresses.check import check_wait
from kvmplan_libvirt.addresses.table import TELLS
from kvmplan_libvirt.identity import derived_mac
from kvmplan_libvirt.impact import replaced
from kvmplan_libvirt.interface.changes import impact_between, mechanisms
from kvmplan_libvirt.interface.check import check
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.interface.source import HOSTDEV
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.mechanism import CARRIER, FOLLOW, HOTPLUG, NEXT_START, TUNE
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import UNKNOWN, Impact, InterfaceClaim, MacClaim, Object, Planned, Proposal

STAYS = frozenset({CARRIER, FOLLOW, NEXT_START, TUNE})
"""Changes that leave a NIC what it is attached to, with the tap and the addresses that it has."""


def plan(proposal: Proposal, reach: Reach) -> Planned:
    prior = None if proposal.prior is None else called_alike(proposal.prior, proposal.proposed, reach.inventory)
    values = complete(proposal.proposed, proposal.configured, prior, reach.seed(proposal.address))
    if prior is None or not set(mechanisms(prior, values, reach.version)) <= STAYS:
        values |= dict.fromkeys(TELLS, UNKNOWN)
    mac, tap = text(values, "mac"), text(values, "target_dev")
    if prior is None:
        impact = Impact(HOTPLUG.level, (), HOTPLUG.why, (HOTPLUG.call,))
    else:
        impact = impact_between(prior, values, reach.version)
    return Planned(
        values=values,
        replaces=replaced(INTERFACE, prior, values),
        impact=impact,
        claims=(
            *(() if mac is None else (MacClaim(mac.lower()),)),
            *(() if tap is None else (InterfaceClaim(tap),)),
        ),
        diagnostics=(*check(values, proposal.configured, reach.version), *check_wait(proposal.configured)),
    )


def called_alike(before: Object, after: Object, inventory: Inventory) -> Object:
    """``before`` with its domain called as in ``after``, where both mean the same one: by its name, or by its UUID."""
    old, new = text(before, "domain"), text(after, "domain")
    if old is None or new is None or inventory.name_of_domain(old) != inventory.name_of_domain(new):
        return before
    return {**before, "domain": new}


def complete(values: Object, configured: Object, prior: Object | None, seed: tuple[str, ...]) -> dict[str, Any]:
    """``values`` with what is not configured filled in: the model, and the MAC address that the NIC has, or one derived
    for this NIC of this domain.
    """
    filled = dict(values)
    if configured.get("model") is None:
        filled["model"] = _model(values, prior)
    domain = text(values, "domain")
    if configured.get("mac") is None and domain is not None:
        kept = text(prior, "mac") if prior is not None and prior.get("domain") == domain else None
        filled["mac"] = kept or derived_mac(*seed, domain)
    return filled


def _model(values: Object, prior: Object | None) -> Any:
    """What is handed over has none; and a NIC without one was made by somebody else, and stays like that."""
    handed_over = values.get(HOSTDEV)
    if handed_over is UNKNOWN:
        return UNKNOWN
    anothers = prior is not None and prior.get("model") is None and prior.get(HOSTDEV) is None
    return None if handed_over is not None or anothers else "virtio"


def complete_rest(values: Object, seed: tuple[str, ...]) -> dict[str, Any]:
    """``values`` as they are applied: what is unknown is filled in."""
    known = {name: value for name, value in values.items() if value is not UNKNOWN}
    filled = complete(values, known, None, seed)
    return {**filled, "model": known["model"]} if "model" in known else filled
