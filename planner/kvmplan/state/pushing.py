"""Putting another document in the place of a state: only one that follows it."""

from __future__ import annotations

from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error


def check_follows(pushed: State, current: State | None) -> None:
    """Raises `DiagnosticError` when ``pushed`` is of something else than ``current``, or older than it."""
    problem = _problem(pushed, current) if current is not None else None
    if problem is not None:
        raise DiagnosticError(problem)


def _problem(pushed: State, current: State) -> Diagnostic | None:
    if pushed.lineage != current.lineage:
        return error(
            "State of something else",
            f"Its lineage is {pushed.lineage}; that of the state it would replace is {current.lineage}: they are not "
            "versions of one state. To replace it all the same: kvmplan state push --force.",
        )
    if pushed.serial < current.serial:
        return error(
            "State is older",
            f"Its serial is {pushed.serial}; the state it would replace has {current.serial}, so something was applied "
            "since. To go back all the same: kvmplan state push --force.",
        )
    if pushed.serial == current.serial and pushed != current:
        return error(
            "State is another one of the same serial",
            f"Both have the serial {current.serial} and are not the same. If yours was edited, give it the serial "
            f"{current.serial + 1}.",
        )
    return None
