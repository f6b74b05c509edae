"""Changing a state by hand: locked meanwhile, and only when nothing in it is in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kvmplan.backends.opening import open_store_in
from kvmplan.cli.locks import locking
from kvmplan.state.model import State
from kvmplan.state.store import StateStore
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

Editing = tuple[StateStore, State | None]


@contextmanager
def editing(
    operation: str, state: Path | None, directory: Path, *, lock: bool, lock_timeout: str, regardless: bool = False
) -> Iterator[Editing]:
    """The store, locked, and what is in it. ``regardless``: of what a run that was cut short left in doubt. Raises
    `DiagnosticError`.
    """
    store = open_store_in(state, directory)
    with store.locked(operation, locking(lock, lock_timeout)):
        found = store.load()
        if store.left_open is not None and store.left_open.intents and not regardless:
            doubtful = sorted({str(address) for address, _ in store.left_open.intents})
            raise DiagnosticError(_in_doubt(doubtful))
        yield store, found


def _in_doubt(addresses: list[str]) -> Diagnostic:
    return error(
        "A run was cut short",
        f"What became of {', '.join(addresses)} only the hosts can tell, so the state stays as it is until then. "
        "`kvmplan apply` asks them, and goes on from there.",
    )
