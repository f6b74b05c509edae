"""Planning one filter, without I/O."""

from __future__ import annotations

from typing import Any

from kvmplan_libvirt.identity import derived_uuid
from kvmplan_libvirt.impact import impact_between
from kvmplan_libvirt.nwfilter.check import check
from kvmplan_libvirt.nwfilter.meaning import same
from kvmplan_libvirt.nwfilter.model import CHAIN_PRIORITIES, FILTER
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import NO_IMPACT, UNKNOWN, Object, Planned, Proposal


def plan(proposal: Proposal, reach: Reach) -> Planned:
    prior = proposal.prior
    values = complete(proposal.proposed, proposal.configured, prior, reach, proposal.address)
    alike = prior is not None and same(prior, values)
    return Planned(
        values=values,
        impact=NO_IMPACT if alike else impact_between(FILTER, prior, values),
        diagnostics=tuple(check(values)),
    )


def complete(values: Object, configured: Object, prior: Object | None, reach: Reach, address: str) -> dict[str, Any]:
    """``values`` with the UUID and the priority filled in where they are not configured."""
    draft: dict[str, Any] = dict(values)
    name, chain = text(values, "name"), text(values, "chain")
    if configured.get("uuid") is None:
        had = values if prior is None else prior  # without a prior, what a rollback makes again has its UUID
        kept = text(had, "uuid") if had.get("name") == name else None
        draft["uuid"] = kept or (UNKNOWN if name is None else own_uuid(reach, address, name))
    if configured.get("priority") is None:
        draft["priority"] = UNKNOWN if chain is None else default_priority(chain)
    return draft


def complete_rest(values: Object, reach: Reach, address: str) -> dict[str, Any]:
    """``values`` as they are applied."""
    known = {name: None if value is UNKNOWN else value for name, value in values.items()}
    return complete(values, known, None, reach, address)


def own_uuid(reach: Reach, address: str, name: str) -> str:
    """A filter has no place for a tag: that it has the UUID that only this resource would give it says whose it is."""
    return derived_uuid(reach.lineage, *reach.seed(address), "nwfilter", name)


def default_priority(chain: str) -> int:
    return next((priority for prefix, priority in CHAIN_PRIORITIES.items() if chain.startswith(prefix)), 0)
