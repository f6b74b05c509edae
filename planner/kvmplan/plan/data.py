"""Data sources: read while planning."""

from __future__ import annotations

from kvmplan.blame import blamed
from kvmplan.plan.model import DataValues
from kvmplan.plan.wanted import Wanted
from kvmplan_sdk.capabilities import ReadsData
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.proposing import canonical
from kvmplan_sdk.provider import Session
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import is_known


def read_data(wanted: Wanted, session: Session, schema: ObjectSchema) -> DataValues:
    """The values of a data source. Raises `DiagnosticError` when it cannot be read now."""
    if not is_known(wanted.configured.values):
        raise DiagnosticError(
            error(
                "Data source depends on what only apply will tell",
                f"{wanted.address} cannot be read before that. Give it values that are known when planning.",
            )
        )
    if not isinstance(session, ReadsData):
        raise DiagnosticError(error(f"Provider {wanted.address.provider} reads no data sources"))
    with blamed(wanted.address.provider):
        values = session.read_data(wanted.address.type, wanted.configured.values)
    return DataValues(values=canonical(schema, values), sensitive=wanted.configured.sensitive)
