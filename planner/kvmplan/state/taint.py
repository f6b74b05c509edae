"""Marking objects by hand as ones that the next plan makes anew, and taking the mark away."""

from __future__ import annotations

from dataclasses import replace

from kvmplan.state.model import State
from kvmplan.state.selection import find_instance
from kvmplan_sdk.diagnostics import DiagnosticError, error


def tainted(state: State | None, text: str) -> State:
    """``state`` with the instance of that address marked. Raises `DiagnosticError` when there is none."""
    return _marked(state, text, tainted=True)


def untainted(state: State | None, text: str) -> State:
    """Raises `DiagnosticError` when there is no instance of that address, or when it is not marked."""
    return _marked(state, text, tainted=False)


def _marked(state: State | None, text: str, *, tainted: bool) -> State:
    instance = find_instance(state, text)
    assert state is not None
    if not tainted and not instance.tainted:
        raise DiagnosticError(
            error("Not tainted", f"{instance.address} is not tainted, so the next plan does not replace it for that.")
        )
    marked = state.with_instances({instance.address: replace(instance, tainted=tainted)})
    return state.next(instances=marked.instances, outputs=state.outputs, hosts=state.hosts)


__all__ = ["tainted", "untainted"]
