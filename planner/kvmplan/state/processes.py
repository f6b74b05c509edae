"""Telling a process from another that got its number later: when it started, and in which boot of the machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NUMBERS = Path("/proc/self/ns/pid")


@dataclass(frozen=True, slots=True)
class Process:
    """``start``: in clock ticks since the boot; ``boot``: which boot of which machine, and whose numbers."""

    pid: int
    start: str
    boot: str

    def may_be_alive(self) -> bool:
        """Whether it is, or nobody here can tell: it is of another machine, or of this one before it was restarted."""
        return self.boot != _boot() or self.is_alive()

    def is_alive(self) -> bool:
        return self.boot == _boot() and _start(self.pid) == self.start

    def to_json(self) -> Mapping[str, Any]:
        return {"Pid": self.pid, "Start": self.start, "Boot": self.boot}

    @classmethod
    def from_json(cls, found: object) -> Process | None:
        try:
            return cls(int(found["Pid"]), str(found["Start"]), str(found["Boot"]))  # type: ignore[index]
        except (TypeError, KeyError, ValueError):
            return None


def this_process() -> Process:
    return Process(os.getpid(), _start(os.getpid()), _boot())


def _start(pid: int) -> str:
    """Empty where there is no such process, or it is dead and only not yet waited for."""
    try:
        state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split(" ")
    except OSError:
        return ""
    return "" if state == "Z" else fields[18]


def _boot() -> str:
    try:
        return f"{_BOOT.read_text().strip()} {_NUMBERS.readlink()}"
    except OSError:
        return ""


__all__ = ["Process", "this_process"]
