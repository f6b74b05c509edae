"""The journal of a run: what it is about to do, on disk before the first call to a host, and what came of it.

One JSON object a line, fsynced one by one, in ``kvmplan.state.json.journal`` or where else the state's store has it:

- ``{"intent": step, "operations": [...]}`` before a step: everything needed to look for its objects after a crash;
- ``{"saved": step}`` once the state with its outcomes is on disk. A step of which the provider left a part untried is
  handed over again: another intent of the same number.

The file is removed when a run ends with everything saved. A journal that is there when a run begins belongs to one that
was killed: its open intents (without ``saved``) name the objects that may or may not be as planned, or as before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from kvmplan.addresses import Address, parse_address
from kvmplan.lane import Lane
from kvmplan.plan.model import Change
from kvmplan.state.files import read_bytes, sync_directory
from kvmplan.state.model import Instance
from kvmplan.state.values_json import encode_value, load_values
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.provider import Verb
from kvmplan_sdk.values import Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """An operation that was about to be done. ``instance``: what would be in state after it, None for a delete."""

    address: Address
    verb: Verb
    lane: Lane
    host_address: str
    instance: Instance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """What a killed run left behind. ``lineage`` of the state it worked on."""

    lineage: str
    intents: tuple[Intent, ...] = field(default=())


class Journal:
    """Writes the journal at ``path``. Left without an exception, everything was saved, and the file is removed."""

    def __init__(self, path: Path, lineage: str) -> None:
        self.path = path
        self._lineage = lineage
        self._descriptor: int | None = None

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close(complete=kind is None)

    def intent(self, step: int, operations: Iterable[tuple[Change, Verb]], hosts: Mapping[str, str]) -> None:
        self._append({"intent": step, "operations": [_operation(change, verb, hosts) for change, verb in operations]})

    def saved(self, step: int) -> None:
        self._append({"saved": step})

    def close(self, *, complete: bool) -> None:
        """Let go of the file; remove it when the run ``complete``\\ d with everything saved."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if complete:
            self.path.unlink(missing_ok=True)

    def _append(self, entry: Mapping[str, Any]) -> None:
        if self._descriptor is None:
            self._open()
        line = json.dumps(entry, default=_encode, ensure_ascii=False).encode() + b"\n"
        assert self._descriptor is not None
        try:
            while line:
                line = line[os.write(self._descriptor, line) :]
            os.fsync(self._descriptor)
        except OSError as problem:
            raise _unwritable(self.path, problem) from problem

    def _open(self) -> None:
        try:
            self._descriptor = os.open(
                self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600
            )
            sync_directory(self.path.parent)
        except OSError as problem:
            raise _unwritable(self.path, problem) from problem
        self._append({"lineage": self._lineage})


def _unwritable(path: Path, problem: OSError) -> DiagnosticError:
    return DiagnosticError(
        error(
            f"Cannot write {path}",
            f"{problem.strerror}. Nothing more was changed on any host: make room and run again.",
        )
    )


def read_journal(path: Path) -> OpenRun | None:
    """What a killed run left open; None without a journal. A torn last line was never acted upon, and is ignored.

    Raises `DiagnosticError` when another line is broken.
    """
    data = read_bytes(path)
    if data is None:
        return None
    lineage = ""
    intents: dict[int, tuple[Intent, ...]] = {}
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        try:
            entry = load_values(line)
            if "intent" in entry:
                intents[entry["intent"]] = tuple(map(_intent, entry["operations"]))
            elif "saved" in entry:
                intents.pop(entry["saved"], None)
            else:
                lineage = str(entry["lineage"])
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise _broken(path, number) from problem
    return OpenRun(lineage=lineage, intents=tuple(intent for step in intents.values() for intent in step))


def _broken(path: Path, number: int) -> DiagnosticError:
    return DiagnosticError(
        error(
            f"{path} is broken",
            f"Line {number} cannot be read. It is the journal of a run that was cut short, and names what that run may "
            "have left on the hosts: put the file back as it was. If that cannot be, remove it, and look for what is "
            "missing from the state yourself.",
        )
    )


def _encode(value: object) -> object:
    return None if isinstance(value, Unknown) else encode_value(value)


def _operation(change: Change, verb: Verb, hosts: Mapping[str, str]) -> dict[str, Any]:
    making, lane = verb is not Verb.DELETE, change.lane_of(verb)
    return {
        "address": str(change.address),
        "verb": verb.value,
        "host": lane.host,
        "provider": lane.provider,
        "configuration": lane.configuration,
        "host_address": hosts.get(lane.host, "local"),
        "values": change.after if making else None,
        "private": change.private if making else {},
        "schema_version": change.schema_version,
        "dependencies": [str(address) for address in change.dependencies],
        "sensitive": [list(path) for path in change.sensitive],
        "prevent_destroy": change.prevent_destroy,
        "created_first": change.created_first,
    }


def _intent(entry: Mapping[str, Any]) -> Intent:
    address = parse_address(entry["address"])
    if address is None:
        raise ValueError(f"{entry['address']!r} is no address")
    instance = None
    if entry["values"] is not None:
        instance = Instance(
            address=address,
            host=entry["host"],
            values=entry["values"],
            private=entry["private"],
            schema_version=entry["schema_version"],
            dependencies=tuple(found for text in entry["dependencies"] if (found := parse_address(text))),
            sensitive=tuple(tuple(path) for path in entry["sensitive"]),
            prevent_destroy=entry["prevent_destroy"],
            created_first=entry["created_first"],
            provider=entry["provider"],
            configuration=entry["configuration"],
        )
    return Intent(
        address=address,
        verb=Verb(entry["verb"]),
        lane=Lane(entry["host"], entry["provider"], entry["configuration"]),
        host_address=entry["host_address"],
        instance=instance,
    )
