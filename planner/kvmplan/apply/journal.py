"""The journal of a run: what it is about to do, on disk before the first call to a host, and what came of it.

Between two savings of the state it is the truth. One JSON object a line, encrypted where the state is, in
``kvmplan.state.json.journal`` or where else the state's store has it:

- ``{"lineage", "hosts", "over"}``, the head: the state that the run stands on, the addresses of hosts by name, and the
  digest of that state as it is stored;
- ``{"moved": [{"address", "instance"}]}``: what stands at an address now without anything done to a host;
- ``{"intent": [{"address", "verb", "instance"}]}`` before a step: everything needed to look for what it may have made;
- ``{"saving": digest}`` before a state with all that is stored: any other is somebody else's;
- ``{"outcome": [{"address", "verb", "instance"}]}`` after it; ``instance`` null: there is none.

Lines are gathered, and written and fsynced in one go by `Journal.commit`: what came of one step and what the next will
do are one write. The file is removed when a run ends with everything saved. A journal that is there when a run begins
belongs to one that was cut short; `kvmplan.state.left_open` reads it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any

from kvmplan.addresses import Address
from kvmplan.apply.standing import instance_of
from kvmplan.plan.model import Change, OperationKey
from kvmplan.state.document import instance_entry
from kvmplan.state.files import sync_directory
from kvmplan.state.model import Instance
from kvmplan.state.sealing import Sealing
from kvmplan.state.values_json import encode_value
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.provider import Verb
from kvmplan_sdk.values import Unknown


class Journal:
    """Writes the journal at ``path``, beginning with ``head``. Left without an exception, it is removed, unless an
    operation has no outcome. ``seal`` encrypts lines, where the state is encrypted.
    """

    def __init__(self, path: Path, head: Mapping[str, Any], seal: Sealing | None = None) -> None:
        self.path = path
        self._seal = seal or Sealing()
        self._numbers = count(1)
        self._lines: list[bytes] = []
        self._add(head)
        self._open: set[OperationKey] = set()
        self._descriptor: int | None = None
        self._kept = False
        self._problem: DiagnosticError | None = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(complete=kind is None)

    def moved(self, now: Mapping[Address, Instance | None]) -> None:
        self._tell("moved", [{"address": str(address), "instance": _instance(one)} for address, one in now.items()])

    def intent(self, operations: Mapping[OperationKey, Change]) -> None:
        self._open.update(operations)
        self._tell("intent", [_operation(key, _planned(key, change)) for key, change in operations.items()])

    def outcome(self, outcomes: Iterable[tuple[OperationKey, Instance | None]]) -> None:
        found = list(outcomes)
        self._open.difference_update(key for key, _ in found)
        self._tell("outcome", [_operation(key, instance) for key, instance in found])

    def saving(self, digest: str) -> None:
        """Have on disk that a state with that digest is about to be stored, once anything was begun."""
        if self._descriptor is not None:
            self._add({"saving": digest})
            with suppress(DiagnosticError):  # without it the state is still worth storing
                self.commit()

    def _tell(self, kind: str, entries: list[dict[str, Any]]) -> None:
        if entries:
            self._add({kind: entries})

    def _add(self, entry: Mapping[str, Any]) -> None:
        line = json.dumps(entry, default=_encode, ensure_ascii=False).encode()
        self._lines.append(self._seal.close_line(line, next(self._numbers)) + b"\n")

    def commit(self) -> None:
        """Have on disk what was gathered. Raises `DiagnosticError`, and does so ever after: a line that was written in
        part must stay the last one.
        """
        if self._problem is not None:
            raise self._problem
        if not self._lines or (self._descriptor is None and len(self._lines) == 1):
            return
        # Taken out first: an interrupt may save, and so commit, in the middle of this.
        lines, self._lines = self._lines, []
        data = memoryview(b"".join(lines))
        try:
            if self._descriptor is None:
                self._descriptor = _opened(self.path)
            while data:
                data = data[os.write(self._descriptor, data) :]
            os.fsync(self._descriptor)
        except OSError as problem:
            self._problem = _unwritable(self.path, problem)
            raise self._problem from problem

    def keep(self) -> None:
        """Leave the file where it is: the state does not have all of it."""
        self._kept = True

    def close(self, *, complete: bool) -> None:
        """Let go of the file; remove it when the run ``complete``\\ d with everything saved and known."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if complete and not self._kept and not self._open:
            self.path.unlink(missing_ok=True)


def head(lineage: str, hosts: Mapping[str, str], digest: str) -> Mapping[str, Any]:
    """``digest``: of the state as it is stored."""
    return {"lineage": lineage, "hosts": dict(sorted(hosts.items())), "over": digest}


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
    sync_directory(path.parent)
    return descriptor


def _unwritable(path: Path, problem: OSError) -> DiagnosticError:
    return DiagnosticError(
        error(
            f"Cannot write {path}",
            f"{problem.strerror}. Nothing more was begun on any host: make room and run again.",
        )
    )


def _encode(value: object) -> object:
    return None if isinstance(value, Unknown) else encode_value(value)


def _planned(key: OperationKey, change: Change) -> Instance | None:
    """What to look for after a crash. What is deleted is in the state already."""
    making = key[1] is not Verb.DELETE and change.after is not None
    return instance_of(change, change.after or {}, change.private) if making else None


def _operation(key: OperationKey, instance: Instance | None) -> dict[str, Any]:
    return {"address": str(key[0]), "verb": key[1].value, "instance": _instance(instance)}


def _instance(instance: Instance | None) -> dict[str, Any] | None:
    return None if instance is None else instance_entry(instance)


__all__ = ["Journal", "head"]
