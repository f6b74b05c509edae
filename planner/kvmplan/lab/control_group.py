"""A control group for each lab host, where the machine's PID 1 gives out none.

The container manager makes its groups below the one it is started in. Two hosts started from the same group would
share theirs, and a service stopped in one would be killed in both; so each host is started in a group of its own.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from kvmplan.lab.process import POLL, ProcessId

END_SECONDS = 30.0


def hierarchies(text: str | None = None) -> list[Path]:
    """The cgroup mounts a service manager works in: cgroup2 and, on older set-ups, the one named systemd.

    ``text`` stands in for ``/proc/self/mountinfo`` in tests.
    """
    lines = (Path("/proc/self/mountinfo").read_text() if text is None else text).splitlines()
    found = []
    for line in lines:
        left, _, right = line.partition(" - ")
        kind, _, options = right.split(" ", 2)
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(left.split(" ")[4]))
    return found


def join(process: ProcessId, group: str) -> None:
    """Move ``process`` into the group of that name in every hierarchy, making the group."""
    for top in hierarchies():
        (top / group).mkdir(exist_ok=True)
        (top / group / "cgroup.procs").write_text(str(process.pid))


def members(group: str) -> list[int]:
    """The processes in the group and all below it, whoever started them."""
    found: set[int] = set()
    for top in hierarchies():
        for folder, _, _ in os.walk(top / group):  # which passes over groups that end meanwhile
            with contextlib.suppress(OSError):
                found.update(int(line) for line in (Path(folder) / "cgroup.procs").read_text().split())
    return sorted(found - {0})


def remove(group: str) -> None:
    """Remove the group and all below it; what still holds a process after a moment is left standing."""
    deadline = time.monotonic() + END_SECONDS
    for top in hierarchies():
        while not _removed(top / group) and time.monotonic() < deadline:
            time.sleep(POLL)


def _removed(folder: Path) -> bool:
    for path, _, _ in os.walk(folder, topdown=False):
        with contextlib.suppress(OSError):
            Path(path).rmdir()
    return not folder.exists()
