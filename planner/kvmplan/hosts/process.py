"""Processes on this machine, with an end: a command that runs too long is killed with everything it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence

from kvmplan_sdk.host import Completed, HostError

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Added to the search path everywhere: nft, netplan and ip live in sbin, which ordinary users' paths leave out."""


def run_process(argv: Sequence[str], *, stdin: bytes, timeout: float, where: str) -> Completed:
    """Run ``argv`` to its end. Raises `HostError` when it cannot be started or takes longer than ``timeout`` seconds.

    It gets a session of its own, so that Ctrl-C on the terminal does not reach it: the engine decides what to finish.
    Its messages are in English (``LC_ALL=C``), because some are looked at.
    """
    path = os.pathsep.join(filter(None, (os.environ.get("PATH"), SYSTEM_PATH)))
    environment = {**os.environ, "LC_ALL": "C", "PATH": path}
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            start_new_session=True,
        )
    except OSError as problem:
        raise not_startable(argv, where, problem.strerror or str(problem)) from None
    try:
        stdout, stderr = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        raise timed_out(argv, where, timeout) from None
    finally:
        if process.returncode is None:
            _kill_group(process)
    return Completed(tuple(argv), process.wait(), stdout, stderr)


def timed_out(argv: Sequence[str], where: str, timeout: float) -> HostError:
    return HostError(
        f"Command on {where} took too long",
        f"`{' '.join(argv)}` did not end within {timeout:g} seconds and was killed. Run it by hand on {where} to see "
        "what it waits for.",
    )


def not_startable(argv: Sequence[str], where: str, reason: str) -> HostError:
    return HostError(f"Command cannot be run on {where}", f"{argv[0]}: {reason}. Install it, or check its permissions.")


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):  # a grandchild in a group of its own may hold the pipes
        process.communicate(timeout=1)
