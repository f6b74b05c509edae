"""A command as a process of its own: how long, how much processor time, how much memory."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """``wall`` and ``cpu``: seconds; ``memory``: MiB at the most. ``over``: it was killed at its bound."""

    wall: float
    cpu: float
    memory: int
    over: bool = False


def run(command: Sequence[str], directory: Path, environment: Mapping[str, str], bound: float) -> Cost:
    """Run ``command``, at most ``bound`` seconds of processor time. Raises `RuntimeError` with its output when it
    fails.
    """
    log = directory / "output.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        killed = threading.Event()
        threading.Thread(target=_watch, args=(child.pid, bound, killed), daemon=True).start()
        _, status, used = os.wait4(child.pid, 0)
        wall = time.perf_counter() - began
        child.returncode = os.waitstatus_to_exitcode(status)
        over = killed.is_set()
        killed.set()
    if child.returncode and not over:
        raise RuntimeError(f"{' '.join(command)}: exit {child.returncode}\n{log.read_text()[-2000:]}")
    return Cost(wall, _seconds(used), used.ru_maxrss // 1024, over)


def _watch(pid: int, bound: float, killed: threading.Event) -> None:
    """Kill the process when its processor time or, were it to hang, the fourfold by the clock is over."""
    until = time.monotonic() + 4 * bound
    while not killed.wait(0.2):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return
        used = sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")
        if used > bound or time.monotonic() > until:
            killed.set()
            os.kill(pid, signal.SIGKILL)
            return


def _seconds(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime
