"""The lock on a state: flock on a file beside it, so that the kernel lets go of it when its holder dies."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from kvmplan_sdk.diagnostics import DiagnosticError, error


@contextmanager
def locked(state_path: Path, operation: str) -> Iterator[None]:
    """Hold the lock of the state at ``state_path``. Raises `DiagnosticError` naming who holds it since when."""
    path = state_path.with_name(f"{state_path.name}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as problem:
        raise DiagnosticError(
            error(f"Cannot lock {state_path}", f"{problem.strerror}: {path}. Run where you may write beside the state.")
        ) from problem
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DiagnosticError(error("State is locked", _holder(path, state_path))) from None
        with suppress(OSError):  # who holds it is good to know; the lock holds without
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _information(operation), 0)
        yield
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def _information(operation: str) -> bytes:
    return json.dumps(
        {
            "operation": operation,
            "who": f"{_user()}@{socket.gethostname()}",
            "pid": os.getpid(),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
        }
    ).encode()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user need not have a name
        return str(os.getuid())


def _holder(path: Path, state_path: Path) -> str:
    try:
        holder = json.loads(path.read_bytes())
        who = f"`kvmplan {holder['operation']}` of {holder['who']}, process {holder['pid']}, since {holder['created']}"
    except (OSError, ValueError, KeyError):
        who = "another kvmplan"
    return f"{state_path} is in use by {who}. Wait until it is done."
