"""Data sources: read while planning, or by apply where they have to wait for what it does."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan.addresses import Address
from kvmplan.blame import blamed
from kvmplan.plan.marks import sensitive_paths
from kvmplan.plan.model import Action, Change, DataValues
from kvmplan.plan.wanted import Wanted
from kvmplan_sdk.capabilities import ReadsData
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.proposing import canonical, propose
from kvmplan_sdk.provider import Session
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object


def read_data(type_: str, configured: Object, session: Session, provider: str) -> Object:
    """The values of a data source. Raises `DiagnosticError` when it cannot be read."""
    if not isinstance(session, ReadsData):
        raise DiagnosticError(error(f"Provider {provider} reads no data sources"))
    with blamed(provider):
        return session.read_data(type_, configured)


def read_now(wanted: Wanted, session: Session, schema: ObjectSchema) -> DataValues:
    """What a data source is while planning. Raises `DiagnosticError` when it cannot be read."""
    values = read_data(wanted.address.type, wanted.configured.values, session, wanted.lane.provider)
    found = canonical(schema, values)
    return DataValues(
        lane=wanted.lane,
        values=found,
        schema_version=schema.version,
        sensitive=sensitive_paths(wanted.configured.sensitive, schema, found),
    )


def reading(wanted: Wanted, schema: ObjectSchema, reason: str, now: DataValues | None = None) -> Change:
    """The change that says: apply reads it. ``now``: what it is already, where it is read to look again."""
    after = now.values if now else propose(schema, wanted.configured.values, None)
    return Change(
        address=wanted.address,
        action=Action.READ,
        lane=wanted.lane,
        before=None,
        after=after,
        waits=True,
        schema_version=schema.version,
        dependencies=wanted.dependencies,
        sensitive=sensitive_paths(wanted.configured.sensitive, schema, after),
        reason=reason,
        check=wanted.resource.check,
        source=wanted.resource.range,
    )


def as_planned(change: Change) -> DataValues:
    """What references see of an instance that is not there yet."""
    return DataValues(lane=change.lane, values=change.after or {}, sensitive=change.sensitive)


def without_idle_looks(changes: Mapping[Address, Change]) -> dict[Address, Change]:
    """``changes`` without what checks would look at again, where nothing is done that they could see."""
    looks = {address for address, change in changes.items() if change.reason == "read_because_check_nested"}
    busy = any(
        change.action not in {Action.NO_OP, Action.FORGET} and address not in looks
        for address, change in changes.items()
    )
    return {address: change for address, change in changes.items() if busy or address not in looks}


__all__ = ["as_planned", "read_data", "read_now", "reading", "without_idle_looks"]
