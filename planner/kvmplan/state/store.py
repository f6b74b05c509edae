"""The state of one workspace, wherever its backend keeps it: loaded, saved, locked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from kvmplan.state.document import dump_state, load_state
from kvmplan.state.files import write_durably
from kvmplan.state.left_open import LeftOpen, read_journal
from kvmplan.state.local import LocalStorage
from kvmplan.state.locking import Locking, locked
from kvmplan.state.model import State
from kvmplan.state.sealing import Sealing
from kvmplan_sdk.backend import DEFAULT_WORKSPACE, ChangedError, Storage, Stored
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, warning


class StateStore:
    """``journal``: where runs on this state write ahead; ``place``: where the state is, for messages; ``rescue``: the
    file for what could not be stored elsewhere, None where the state is a file itself; ``left_open``: what a run that
    was cut short left, once the state was loaded.
    """

    def __init__(
        self,
        storage: Storage,
        workspace: str,
        *,
        journal: Path,
        rescue: Path | None = None,
        seal: Sealing | None = None,
    ) -> None:
        self.storage = storage
        self.workspace = workspace
        self.journal = journal
        self._rescue = rescue
        self.seal = seal or Sealing()
        self.left_open: LeftOpen | None = None
        self._digest = ""
        self._seen: Stored | None = None
        self._read = False
        self._rescued_here = False

    @property
    def place(self) -> str:
        return self.storage.place(self.workspace)

    @property
    def digest(self) -> str:
        """Of what is stored, empty where nothing is."""
        if not self._read:
            self._look()
        return self._digest

    def load(self) -> State | None:
        """The state with everything that came of a run that was cut short, None where there is neither. Raises
        `DiagnosticError` when it cannot be read.
        """
        stored = self._look()
        state = None if stored is None else self._state_in(stored.data)
        left_open = read_journal(self.journal, self.seal)
        self.left_open = left_open and left_open.beside(state, self._digest)
        return state if self.left_open is None else self.left_open.replayed_on(state)

    def save(self, state: State, *, announce: Callable[[str], None] = lambda _digest: None) -> None:
        """Store ``state`` in place of what was loaded or saved last; ``announce`` is told its digest before. Raises
        `DiagnosticError`, nothing being lost, when it cannot be written, or something else is there.
        """
        if not self._read:
            self._look()
        data = self.seal.close(dump_state(state))
        digest = _digest(data)
        announce(digest)
        self._seen = Stored(b"", self._write(data))
        self._digest = digest
        self._forget_rescued()
        self._take_in_journal()

    @contextmanager
    def locked(self, operation: str, locking: Locking | None = None) -> Iterator[None]:
        """Hold the lock of the state meanwhile. ``operation``: the command, without ``kvmplan``. Raises
        `DiagnosticError` naming who holds it since when.
        """
        with locked(self.storage, self.workspace, operation, locking or Locking()):
            yield

    def _write(self, data: bytes) -> str:
        """The version of what is stored then."""
        try:
            return self.storage.write(self.workspace, data, self._seen)
        except ChangedError:
            raise DiagnosticError(self._changed(), *self._rescued(data)) from None
        except DiagnosticError as problem:
            arrived = self._arrived(data)
            if arrived is None:
                raise DiagnosticError(*problem.diagnostics, *self._rescued(data)) from problem
            return arrived.version

    def _take_in_journal(self) -> None:
        """Now that it is in the state, and may be changed there, leave nothing in the journal but what is in doubt."""
        if self.left_open is None or not self.left_open.standing:
            return
        doubt = self.left_open.in_doubt(self.seal, self._digest)
        if doubt:
            write_durably(self.journal, doubt)
        else:
            self.journal.unlink(missing_ok=True)
        self.left_open = replace(self.left_open, standing={})

    def _arrived(self, data: bytes) -> Stored | None:
        """What is stored, if a write that failed was done all the same: an answer can get lost on its way."""
        if self._rescue is None:
            return None
        try:
            found = self.storage.read(self.workspace)
        except DiagnosticError:
            return None
        return found if found is not None and found.data == data else None

    def _rescued(self, data: bytes) -> Iterator[Diagnostic]:
        """Keep what could not be stored; what to say of that."""
        if self._rescue is None:
            return
        try:
            write_durably(self._rescue, data)
            self._rescued_here = True
        except DiagnosticError as problem:
            yield from problem.diagnostics
            return
        yield warning(
            f"The state is in {self._rescue} meanwhile",
            f"It could not be stored at {self.place}. When that works again, and holds nothing newer: "
            f"kvmplan state push {self._rescue}",
        )

    def _forget_rescued(self) -> None:
        """What this run could not store before is in what it stored now."""
        if self._rescued_here and self._rescue is not None:
            self._rescue.unlink(missing_ok=True)
        self._rescued_here = False

    def _changed(self) -> Diagnostic:
        return error(
            "State was changed by somebody else",
            f"{self.place} is not what it was when this run read it, so it is left as it is. What this run did is in "
            f"its journal, {self.journal}. Plan again: the next run takes it in.",
        )

    def _state_in(self, stored: bytes) -> State:
        return load_state(self.seal.open(stored, self.place), self.place, self.storage.earlier(self.workspace))

    def _look(self) -> Stored | None:
        found = self.storage.read(self.workspace)
        self._read, self._seen = True, Stored(b"", found.version) if found else None
        self._digest = _digest(found.data) if found else ""
        return found


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def local_store(path: Path) -> StateStore:
    """The state in the file ``path``, of whichever workspace."""
    return file_store(LocalStorage(path), DEFAULT_WORKSPACE)


def file_store(storage: LocalStorage, workspace: str) -> StateStore:
    """A state in a file, its journal beside it."""
    path = storage.path(workspace)
    return StateStore(storage, workspace, journal=path.with_name(f"{path.name}.journal"))


__all__ = ["StateStore", "file_store", "local_store"]
