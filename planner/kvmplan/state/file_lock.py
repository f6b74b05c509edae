"""The lock on a state file: flock on a file beside it, so that the kernel lets go of it when its holder dies.

The file holds who took it; it is empty when nobody has it.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from kvmplan_sdk.backend import HeldError, LockInfo
from kvmplan_sdk.diagnostics import DiagnosticError, error


class FileLock:
    """The lock of the state at ``state_path``."""

    def __init__(self, state_path: Path) -> None:
        self._state_path = state_path
        self._path = state_path.with_name(f"{state_path.name}.lock")
        self._descriptor: int | None = None

    def take(self, info: LockInfo) -> None:
        """Raises `HeldError`, and `DiagnosticError` where no lock can be had at all."""
        descriptor = self._open()
        if not _flock(descriptor):
            os.close(descriptor)
            raise HeldError(self._read())
        self._descriptor = descriptor
        with suppress(OSError):  # who holds it is good to know; the lock holds without
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, info.to_json(), 0)

    def release(self) -> None:
        assert self._descriptor is not None
        with suppress(OSError):
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)
        self._descriptor = None

    def holder(self) -> LockInfo | None:
        """Who holds it now: what a holder that died left in the file does not count."""
        if not self._path.exists():
            return None
        descriptor = self._open()
        try:
            return None if _flock(descriptor) else self._read() or LockInfo(id="")
        finally:
            os.close(descriptor)

    def clear(self) -> None:
        """Forget what a holder that died left. Raises `DiagnosticError` where the holder is alive."""
        holder = self.holder()
        if holder is not None:
            raise DiagnosticError(
                error(
                    "The holder of the lock is alive",
                    f"{holder.info or 'A process'} of {holder.who or 'this machine'} is at work on {self._state_path}. "
                    "Wait for it, or stop it: the lock goes with it.",
                )
            )
        with suppress(FileNotFoundError):
            os.truncate(self._path, 0)

    def _open(self) -> int:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as problem:
            raise DiagnosticError(
                error(
                    f"Cannot lock {self._state_path}",
                    f"{problem.strerror}: {self._path}. Run where you may write beside the state.",
                )
            ) from problem

    def _read(self) -> LockInfo | None:
        try:
            return LockInfo.from_json(self._path.read_bytes())
        except OSError:
            return None


def _flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
