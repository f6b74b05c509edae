"""The command line in this process: what it says, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Said:
    status: int
    stdout: str
    stderr: str


Command = Callable[..., Said]
