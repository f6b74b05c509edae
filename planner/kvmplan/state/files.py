"""Durable files: written whole or not at all, and their directory synced, so that a crash leaves the old or the new."""

from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

from kvmplan_sdk.diagnostics import DiagnosticError, error


def write_durably(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Temporary file in the same directory, fsync, rename, fsync of the directory. Raises `DiagnosticError`."""
    try:
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(file.fileno(), mode)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        sync_directory(path.parent)
    except OSError as problem:
        raise DiagnosticError(
            error(
                f"Cannot write {path}",
                f"{problem.strerror}. What was there before is untouched. {_remedy(path, problem)}",
            )
        ) from problem


def _remedy(path: Path, problem: OSError) -> str:
    if problem.errno == errno.ENOENT:
        return f"Make the directory {path.parent}, or name another."
    return "Free some space or make the directory writable, and run the command again."


def make_folder(path: Path) -> None:
    """``path`` and what is above it, where it is not there. Raises `DiagnosticError`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise DiagnosticError(
            error(f"Cannot make {path}", f"{problem.strerror}. Run where you may write.")
        ) from problem


def sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_bytes(path: Path) -> bytes | None:
    """A file's content, None when it is not there. Raises `DiagnosticError` when it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise DiagnosticError(
            error(f"Cannot read {path}", f"{problem.strerror}. Run as the user who owns it.")
        ) from problem
