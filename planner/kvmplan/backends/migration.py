"""Copying states from one storage to another: all or none, over nothing that is newer or of another lineage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from kvmplan.backends.opening import sealed, store_of
from kvmplan.config.model import Configuration
from kvmplan.state.files import write_durably
from kvmplan.state.local import LocalStorage, backup_of
from kvmplan.state.locking import Locking
from kvmplan.state.model import State
from kvmplan.state.store import StateStore
from kvmplan_sdk.backend import DEFAULT_WORKSPACE, Backend, Storage
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error


@dataclass(frozen=True, slots=True)
class Side:
    backend: Backend
    storage: Storage


@dataclass(frozen=True, slots=True)
class Move:
    """One workspace's state, and where it is to go."""

    source: StateStore
    target: StateStore


def to_move(old: Side, new: Side, configuration: Configuration) -> list[Move]:
    """What there is to copy: the default workspace's state even where the storage cannot list. Raises
    `DiagnosticError` when the new place cannot hold as many.
    """
    names = sorted({DEFAULT_WORKSPACE, *(old.storage.workspaces() if old.backend.workspaces else ())})
    stores = [_store(old, name, configuration) for name in names]
    found = [store for store in stores if old.storage.read(store.workspace) is not None]
    others = [store.workspace for store in found if store.workspace != DEFAULT_WORKSPACE]
    if others and not new.backend.workspaces:
        raise DiagnosticError(
            error(
                "More workspaces than the backend keeps",
                f'The backend "{new.backend.name}" keeps one state, and there are workspaces: {", ".join(others)}. '
                "Delete them first, or choose a backend with workspaces. Nothing was changed.",
            )
        )
    return [Move(store, _store(new, store.workspace, configuration)) for store in found]


def _store(side: Side, workspace: str, configuration: Configuration) -> StateStore:
    return sealed(store_of(side.storage, configuration.directory, workspace, kind=side.backend.name), configuration)


def migrate(moves: Sequence[Move], old: Side, locking: Locking) -> Iterator[str]:
    """Copy; tells what was done. The old states stay where they are, those in files under the name of a backup. Raises
    `DiagnosticError`, nothing having been copied, when one of them must not be.
    """
    with ExitStack() as locks:
        for move in moves:
            locks.enter_context(move.source.locked("init", locking))
            locks.enter_context(move.target.locked("init", locking))
        states = [(move, *_checked(move)) for move in moves]
        for move, state, there in states:
            if there != state:
                move.target.save(state)
                yield f"- copied {move.source.place} to {move.target.place}"
        for move in moves:
            yield from _put_aside(move, old)


def _checked(move: Move) -> tuple[State, State | None]:
    """The state to copy, and what is in the new place."""
    if move.source.journal.exists():
        raise DiagnosticError(
            error(
                "A run was cut short",
                f"{move.source.journal} is the journal of a run that did not end. Go back to the backend that was "
                "configured then, and run `kvmplan apply`: it takes in what that run made.",
            )
        )
    state, there = move.source.load(), move.target.load()
    assert state is not None, move.source.place
    if there is not None and there.instances and there.lineage != state.lineage:
        raise DiagnosticError(_another(move, "is another state (its lineage differs)"))
    if there is not None and there.lineage == state.lineage and there.serial > state.serial:
        raise DiagnosticError(_another(move, f"is newer (serial {there.serial}, not {state.serial})"))
    if there is not None and there.lineage == state.lineage and there.serial == state.serial and there != state:
        raise DiagnosticError(_another(move, f"holds something else under the same serial, {there.serial},"))
    return state, there


def _another(move: Move, what: str) -> Diagnostic:
    return error(
        "There is a state in the new place",
        f"{move.target.place} {what} than {move.source.place}. Nothing was copied. Use it as it is with `kvmplan init "
        "--reconfigure`, or choose another place.",
    )


def _put_aside(move: Move, old: Side) -> Iterator[str]:
    if not isinstance(old.storage, LocalStorage):
        yield f"- left {move.source.place} as it was"
        return
    path = old.storage.path(move.source.workspace)
    stored = old.storage.read(move.source.workspace)
    if stored is not None:
        write_durably(backup_of(path), stored.data)
        path.unlink(missing_ok=True)
        yield f"- kept {path} as {backup_of(path)}"


__all__ = ["Move", "Side", "migrate", "to_move"]
