"""Locks on a host, held by a process there: whoever has one, from whichever machine, is alone with what it is for.

The process ends with the pipe to it, so a lock does not outlive the kvmplan that took it. A line that only hangs says
nothing of its end; so the process wants a sign of life, and leaves without one.
"""

from __future__ import annotations

import contextlib
import select
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from kvmplan.hosts.process import SYSTEM_PATH
from kvmplan_sdk.host import HostError

PATIENCE = 600.0
"""Seconds that whoever has a lock gets to finish; a guest that does not let go of a NIC takes half a minute of them."""
_POLL = 0.25
_LINE_BROKE = 255
"""What ssh(1) ends with."""
_BEAT = 10.0
"""Less than the minute in `_HOLD`, and more often than a dead line is found."""
_HOLD = """set -u
umask 022
[ -e "$1" ] || : >>"$1"
exec 9<"$1" && flock 9 && echo held || exit 1
while timeout 60 sh -c 'read -r beat'; do :; done
"""


def holder(name: str) -> list[str]:
    """The command that holds the lock ``name``: for anybody on the host, whoever made the file."""
    return ["env", f"PATH={SYSTEM_PATH}", "sh", "-c", _HOLD, "sh", _path(name)]


def _path(name: str) -> str:
    return f"/run/lock/kvmplan-{name}"


@contextlib.contextmanager
def holding(argv: Sequence[str], name: str, where: str, stopping: Callable[[], bool]) -> Iterator[None]:
    """While ``argv`` runs, which brings `holder` to the host ``where``, the lock is ours.

    Raises `HostError` when the host has no locks, somebody keeps it, or the user does not wish to wait.
    """
    pipe = subprocess.PIPE
    released = threading.Event()
    # No buffer: what it could not get rid of would be an error of its own at the end.
    with subprocess.Popen(argv, 0, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True) as process:
        beats = threading.Thread(target=_beat, args=(process.stdin, released), daemon=True)
        try:
            _wait(process, name, where, stopping)
            beats.start()
            yield
            released.set()
            beats.join()
            _release(process)
        finally:
            released.set()
            process.kill()


def _beat(pipe: IO[bytes], released: threading.Event) -> None:
    with contextlib.suppress(OSError, ValueError):  # the line broke, or has just been closed
        while not released.wait(_BEAT):
            pipe.write(b"\n")


def _wait(process: subprocess.Popen[bytes], name: str, where: str, stopping: Callable[[], bool]) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = time.monotonic() + PATIENCE
    while not select.select([process.stdout], [], [], _POLL)[0]:
        if stopping():
            raise HostError(f"Another kvmplan is changing {name} on {where}", "You did not wish to wait for it.")
        if time.monotonic() > deadline:
            raise HostError(
                f"Another kvmplan is changing {name} on {where}",
                f"It is at it for {PATIENCE / 60:.0f} minutes. `fuser -v {_path(name)}` on {where} says which process "
                "that is. Apply again once it is done.",
            )
    if process.stdout.readline() != b"held\n":
        said = process.stderr.read().decode(errors="replace").strip()
        hint = "" if process.wait() == _LINE_BROKE else " It needs flock (util-linux) and the right to write: be root."
        raise HostError(f"Cannot lock {name} on {where}", f"{_path(name)}: {said or 'no answer'}.{hint}")


def _release(process: subprocess.Popen[bytes]) -> None:
    """The lock is open when this returns, unless the line is dead."""
    assert process.stdin is not None
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        process.stdin.close()
        process.wait(10)
