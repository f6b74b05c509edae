"""The lock on a state file: flock on a file beside it, so that the kernel lets go of it when its holder dies.

The file holds who took it; it is empty when nobody has it. What a holder that died left in it does not count, except on
a network file system, where flock may not reach the other machine. Where there is no flock, the lock is that
``.lock.info`` exists, and whether its maker is alive decides.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from kvmplan.state.processes import Process, this_process
from kvmplan_sdk.backend import HeldError, LockInfo
from kvmplan_sdk.diagnostics import DiagnosticError, error

_NETWORK = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "ceph",
    "gluster",
    "fuse",
    "virtiofs",
    "ocfs2",
    "gfs2",
    "lustre",
    "afs",
    "beegfs",
)
_UNSUPPORTED = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS})


class _Flock(Enum):
    TAKEN = "taken"
    HELD = "held"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, slots=True)
class _Note:
    """What a holder wrote: ``process`` is None where a program of another kind did."""

    info: LockInfo
    process: Process | None

    @property
    def is_from_here(self) -> bool:
        return self.info.who.rpartition("@")[2] == socket.gethostname()


class FileLock:
    """The lock of the state at ``state_path``."""

    def __init__(self, state_path: Path) -> None:
        self._state_path = state_path
        self._path = state_path.with_name(f"{state_path.name}.lock")
        self._exclusive = state_path.with_name(f"{state_path.name}.lock.info")
        self._descriptor: int | None = None

    def take(self, info: LockInfo) -> None:
        """Raises `HeldError`, and `DiagnosticError` where no lock can be had at all."""
        descriptor = self._open()
        try:
            self._take(descriptor, info)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor

    def release(self) -> None:
        assert self._descriptor is not None
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        with suppress(OSError):
            self._exclusive.unlink()
        os.close(self._descriptor)
        self._descriptor = None

    def holder(self) -> LockInfo | None:
        """Who holds it now."""
        if not self._path.exists():
            return None
        descriptor = self._open()
        try:
            return self._holder(descriptor)
        finally:
            os.close(descriptor)

    def clear(self) -> None:
        """Forget what a holder that died left. Raises `DiagnosticError` where the holder is alive on this machine."""
        holder, note = self.holder(), _read(self._exclusive) or _read(self._path)
        if holder is not None and note is not None and note.process is not None and note.process.is_alive():
            raise DiagnosticError(
                error(
                    "The holder of the lock is alive",
                    f"{holder.info} of {holder.who} is at work on {self._state_path}. Wait for it, or stop it: the "
                    "lock goes with it.",
                )
            )
        with suppress(FileNotFoundError):
            self._exclusive.unlink()
        with suppress(FileNotFoundError):
            os.truncate(self._path, 0)

    def _take(self, descriptor: int, info: LockInfo) -> None:
        match _flock(descriptor):
            case _Flock.HELD:
                raise HeldError(_info(_read(self._path)))
            case _Flock.UNSUPPORTED:
                self._take_exclusively(info)
            case _Flock.TAKEN:
                left = _read(self._path)
                if left is not None and self._may_live_elsewhere(left):
                    raise HeldError(left.info)
        with suppress(OSError):  # who holds it is good to know; the lock holds without
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _note(info), 0)

    def _take_exclusively(self, info: LockInfo) -> None:
        for _attempt in range(2):
            try:
                descriptor = os.open(self._exclusive, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            except FileExistsError:
                left = _read(self._exclusive)
                if left is None or left.process is None or left.process.may_be_alive():
                    raise HeldError(_info(left)) from None
                self._remove(left)
            except OSError as problem:
                raise self._unlockable(problem) from problem
            else:
                os.write(descriptor, _note(info))
                os.close(descriptor)
                return
        raise HeldError(_info(_read(self._exclusive)))

    def _remove(self, dead: _Note) -> None:
        """Remove the file of a holder that is dead, and no other: somebody else may be doing the same."""
        aside = self._exclusive.with_name(f"{self._exclusive.name}.{os.getpid()}")
        try:
            self._exclusive.rename(aside)
            if _read(aside) != dead:
                os.link(aside, self._exclusive)
            aside.unlink()
        except OSError:
            return

    def _holder(self, descriptor: int) -> LockInfo | None:
        match _flock(descriptor):
            case _Flock.HELD:
                return _info(_read(self._path)) or LockInfo(id="")
            case _Flock.UNSUPPORTED:
                left = _read(self._exclusive)
                return left.info if left and (left.process is None or left.process.may_be_alive()) else None
            case _Flock.TAKEN:
                left = _read(self._path)
                return left.info if left and self._may_live_elsewhere(left) else None

    def _may_live_elsewhere(self, left: _Note) -> bool:
        return not left.is_from_here and _is_on_network(self._path)

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise self._unlockable(problem) from problem

    def _unlockable(self, problem: OSError) -> DiagnosticError:
        return DiagnosticError(
            error(
                f"Cannot lock {self._state_path}",
                f"{problem.strerror}: {self._path}. Run where you may write beside the state.",
            )
        )


def _flock(descriptor: int) -> _Flock:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        return _Flock.UNSUPPORTED if problem.errno in _UNSUPPORTED else _Flock.HELD
    return _Flock.TAKEN


def _note(info: LockInfo) -> bytes:
    return json.dumps({**json.loads(info.to_json()), "Process": this_process().to_json()}).encode()


def _read(path: Path) -> _Note | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None
    info = LockInfo.from_json(data)
    return None if info is None else _Note(info, Process.from_json(json.loads(data).get("Process")))


def _info(note: _Note | None) -> LockInfo | None:
    return note.info if note else None


def _is_on_network(path: Path) -> bool:
    """Whether other machines may see the file: told by the mount that it is on."""
    try:
        device = path.stat().st_dev
        number = f"{os.major(device)}:{os.minor(device)}"
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            fields, _, after = line.partition(" - ")
            if fields.split(" ")[2] == number:
                return after.startswith(_NETWORK)
    except (OSError, IndexError):
        return True
    return False
