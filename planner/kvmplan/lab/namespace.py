"""A process that holds namespaces open: made waiting, furnished from outside, then turned into what it is for.

Mounts, veths and network namespaces made in here belong to no file and no name of the machine. They end with the
process, however it ends. Until `go` it waits on a pipe from us, so that when we die first (even by SIGKILL) it leaves
by itself and takes everything along: nothing exists that is not either recorded or about to vanish.
"""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from kvmplan.lab.errors import LabError
from kvmplan.lab.process import ENVIRONMENT, ProcessId, call

READY_SECONDS = 60.0
_WAIT = 'log=$1; shift; echo ready; read -r go || exit 1; exec "$@" </dev/null >>"$log" 2>&1'


@dataclass(frozen=True, slots=True)
class Waiter:
    """A waiting process with its own mount and network namespace; a context manager that lets go of it.

    Leaving the context without `go` ends the process and with it the namespaces.
    """

    process: ProcessId
    pipe: int

    @classmethod
    def start(cls, argv: Sequence[str], *, log: Path, env: dict[str, str] | None = None, pids: bool = False) -> Waiter:
        """Start a process that will become ``argv`` (output to ``log``) once told to go.

        With ``pids`` it is the first of a PID namespace: whatever it starts ends with it.
        """
        options = ["--pid", "--fork", "--kill-child"] if pids else []
        command = ["unshare", "--mount", "--net", *options, "sh", "-c", _WAIT, "kvmplan-lab", str(log), *argv]
        ours, theirs = os.pipe(), os.pipe()
        try:
            pid = os.posix_spawnp(
                command[0],
                command,
                ENVIRONMENT | (env or {}),
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, ours[0], 0),
                    (os.POSIX_SPAWN_DUP2, theirs[1], 1),
                    # Not our own: whoever reads that would wait for as long as the lab is there.
                    (os.POSIX_SPAWN_OPEN, 2, str(log), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600),
                ],
                setsid=True,
            )
        except BaseException:
            os.close(ours[1])
            os.close(theirs[0])
            raise
        finally:
            os.close(ours[0])
            os.close(theirs[1])
        try:
            _until_ready(theirs[0])
            process = ProcessId.of(pid)
        except BaseException:
            os.close(ours[1])
            raise
        finally:
            os.close(theirs[0])
        if process is None:
            os.close(ours[1])
            raise LabError("the namespaces of the lab could not be held open")
        return cls(process, ours[1])

    def go(self) -> None:
        """Let the process become what it is for; from here on it outlives us."""
        os.write(self.pipe, b"go\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            os.close(self.pipe)


def inside(process: ProcessId, argv: Sequence[str], *, timeout: float = 10.0, data: bytes | None = None) -> str:
    """Run a command in the mount and network namespace of ``process``; its standard output. Raises LabError."""
    prefix = ["nsenter", "-t", str(process.pid), "--mount", "--net", "--"]
    return call([*prefix, *argv], timeout=timeout, data=data).stdout.decode(errors="replace")


def _until_ready(pipe: int) -> None:
    readable, _, _ = select.select([pipe], [], [], READY_SECONDS)
    if not readable or not os.read(pipe, 16):
        raise LabError("cannot make namespaces on this machine (unshare failed); is this process confined?")
