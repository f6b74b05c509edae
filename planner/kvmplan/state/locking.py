"""Taking the lock of a state, in whichever storage it is: who we are, how long to wait, what to say of who has it."""

from __future__ import annotations

import getpass
import os
import random
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kvmplan import __version__
from kvmplan_sdk.backend import HeldError, LockInfo, Storage
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, warning

_PAUSE, _LONGEST_PAUSE = 0.1, 1.5
"""Seconds between two tries, at first and at most; each is longer than the one before, and none quite as long as that
of others who wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Locking:
    """How to lock. ``timeout``: the seconds to wait for it; ``tell``: is told, once, that and for whom we wait."""

    enabled: bool = True
    timeout: float = 0.0
    tell: Callable[[str], None] = lambda _text: None


@contextmanager
def locked(storage: Storage, workspace: str, operation: str, locking: Locking) -> Iterator[None]:
    """Hold the lock. Raises `DiagnosticError` naming who holds it since when."""
    if not locking.enabled:
        yield
        return
    info = our_information(operation, storage.place(workspace))
    _take(storage, workspace, info, locking)
    try:
        yield
    except BaseException:  # which the user must read first, whatever comes of the lock
        try:
            storage.unlock(workspace, info.id)
        except (DiagnosticError, HeldError):
            locking.tell(_stays(info))
        raise
    try:
        storage.unlock(workspace, info.id)
    except HeldError as problem:
        raise DiagnosticError(_not_ours(info.path, problem.holder)) from None
    except DiagnosticError as problem:
        raise DiagnosticError(*problem.diagnostics, warning("The lock stays", _stays(info))) from problem


def _stays(info: LockInfo) -> str:
    return f"{info.path} could not be unlocked. When that works again: kvmplan force-unlock {info.id}"


def _take(storage: Storage, workspace: str, info: LockInfo, locking: Locking) -> None:
    until, pause, told = time.monotonic() + locking.timeout, _PAUSE, False
    while True:
        try:
            storage.lock(workspace, info)
            return
        except HeldError as problem:
            holder, left = problem.holder, until - time.monotonic()
        if left <= 0:
            raise DiagnosticError(held(info.path, holder, waited=locking.timeout))
        if not told:
            locking.tell(f"Waiting for the lock of {info.path}, which {who_holds(holder)} holds...")
            told = True
        time.sleep(min(pause * random.uniform(0.5, 1), left))  # noqa: S311 - not to keep secrets
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def our_information(operation: str, place: str) -> LockInfo:
    return LockInfo(
        id=str(uuid.uuid4()),
        operation=operation,
        info=f"process {os.getpid()}",
        who=_ourselves(),
        version=__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        path=place,
    )


def _ourselves() -> str:
    return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return str(os.getuid())


def who_holds(holder: LockInfo | None) -> str:
    """In the middle of a sentence: the command, whose it is, since when."""
    if holder is None or not (holder.operation or holder.who):
        return "another kvmplan"
    who = holder.who or "somebody"
    parts = [f"`kvmplan {holder.operation}` of {who}" if holder.operation else who, holder.info]
    parts.append(f"since {holder.created}" if holder.created else "")
    return ", ".join(part for part in parts if part)


def held(place: str, holder: LockInfo | None, *, waited: float = 0.0) -> Diagnostic:
    after = f" after waiting {waited:g} s" if waited else ""
    unlock = f" {_if_gone(holder)}: kvmplan force-unlock {holder.id}" if holder and holder.id else ""
    return error(
        "State is locked",
        f"{place} is{' still' if waited else ''} in use{after} by {who_holds(holder)}. Wait until it is done, or let "
        f"kvmplan wait: --lock-timeout=5m.{unlock}",
    )


def _if_gone(holder: LockInfo) -> str:
    """When the lock may be forced open; that the holder is dead, where it was a process of this machine."""
    pid = holder.info.removeprefix("process ")
    if holder.who == _ourselves() and pid.isdigit() and not Path(f"/proc/{pid}").exists():
        return "There is no such process any more on this machine, so open the lock"
    return "If it is gone without letting go"


def check_unlockable(storage: Storage, workspace: str, id_: str) -> LockInfo | None:
    """Who holds the lock of that id, None where the storage cannot tell. Raises `DiagnosticError` when nobody, or
    another, holds it.
    """
    holder = storage.holder(workspace)
    place = storage.place(workspace)
    if holder is None and storage.tells_holder:
        raise DiagnosticError(
            error("State is not locked", f"Nobody holds the lock of {place}: there is nothing to open.")
        )
    if holder is not None and holder.id != id_:
        raise DiagnosticError(
            error(
                "The lock has another ID",
                f"The lock of {place} is held by {who_holds(holder)}, and its ID is {holder.id or 'not known'}.",
            )
        )
    return holder


def _not_ours(place: str, holder: LockInfo | None) -> Diagnostic:
    return error(
        "The lock was taken from this run",
        f"{place} is in use by {who_holds(holder)}: somebody forced the lock open meanwhile. Compare what both did, "
        "with `kvmplan plan`.",
    )


__all__ = ["Locking", "check_unlockable", "held", "locked", "our_information", "who_holds"]
