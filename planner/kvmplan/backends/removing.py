"""Deleting a workspace: what is refused, and what is said of objects that stay behind."""

from __future__ import annotations

from collections.abc import Sequence

from kvmplan.backends.workspaces import no_such_workspace
from kvmplan.state.locking import Locking
from kvmplan.state.store import StateStore
from kvmplan_sdk.backend import DEFAULT_WORKSPACE
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, warning

_LISTED = 10


def delete_workspace(
    store: StateStore, names: Sequence[str], current: str, *, force: bool, locking: Locking
) -> list[Diagnostic]:
    """Delete the workspace of ``store``; what to warn of. Raises `DiagnosticError` when it must not be."""
    name = store.workspace
    if name == DEFAULT_WORKSPACE:
        raise DiagnosticError(error("The default workspace stays", "It is where work goes on when there is no other."))
    if name not in names:
        raise DiagnosticError(no_such_workspace(name, names))
    if name == current:
        raise DiagnosticError(
            error(f'Workspace "{name}" is at work on', "Select another one first: kvmplan workspace select default")
        )
    with store.locked("workspace delete", locking):
        left = _listed(store)
        if left and not force:
            raise DiagnosticError(
                error(
                    f'Workspace "{name}" is not empty',
                    f"There are objects in it:{left}\nDestroy them first (KVMPLAN_WORKSPACE={name} kvmplan destroy), "
                    "or let them stay where they are, known to nobody: --force",
                )
            )
        store.storage.delete(name)
    store.journal.unlink(missing_ok=True)
    if not left:
        return []
    return [
        warning("Objects stay behind", f"These are still on their hosts, and kvmplan no longer knows of them:{left}")
    ]


def _listed(store: StateStore) -> str:
    """An instance a line; empty where there is none."""
    state = store.load()
    addresses = sorted(state.instances, key=lambda address: address.sort_key) if state else []
    lines = [f"\n  - {address}" for address in addresses[:_LISTED]]
    more = len(addresses) - _LISTED
    return "".join([*lines, *([f"\n  - and {more} more"] if more > 0 else [])])


__all__ = ["delete_workspace"]
