"""Data sources that had to wait: read in their place in the order, and kept for as long as the run lasts."""

from __future__ import annotations

from collections.abc import Callable

from kvmplan.plan.checks import as_warning
from kvmplan.plan.data import read_data
from kvmplan.plan.model import Change, OperationKey
from kvmplan.sessions import Sessions
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.provider import Outcome
from kvmplan_sdk.values import Object


def read_late(
    key: OperationKey, change: Change, sessions: Sessions, on_outcome: Callable[[OperationKey, Outcome], None]
) -> tuple[Object | None, tuple[Diagnostic, ...]]:
    """The values of the data source of ``change``, whose ``after`` is its arguments, or what is wrong."""
    values, diagnostics = _read(change, sessions)
    diagnostics = tuple(one.about(str(change.address)).at(change.source) for one in diagnostics)
    if change.check:
        diagnostics = tuple(map(as_warning, diagnostics))
    on_outcome(key, Outcome(address=str(key[0]), verb=key[1], values=values, diagnostics=diagnostics))
    return values, diagnostics


def _read(change: Change, sessions: Sessions) -> tuple[Object | None, tuple[Diagnostic, ...]]:
    try:
        session = sessions.get(change.lane)
        return read_data(change.address.type, change.after or {}, session, change.lane.provider), ()
    except DiagnosticError as problem:
        return None, problem.diagnostics
