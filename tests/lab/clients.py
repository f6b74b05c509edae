"""Clients outside a lab host. What is expected is asked for until it comes: guests of a busy machine are slow."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from kvmplan.lab import LabHost

PATIENCE = 90.0
"""Seconds."""
T = TypeVar("T")


def until(ask: Callable[[], T], expected: bool = True) -> T:
    """What ``ask`` gives: at once, or where something is expected, the first that is something within `PATIENCE`."""
    deadline = time.monotonic() + PATIENCE
    while True:
        given = ask()
        if given or not expected or time.monotonic() > deadline:
            return given
        time.sleep(0.2)


def page(lab: LabHost, address: str, port: int = 8080, path: str = "/", *, expected: bool = True) -> str:
    """What is served there; empty where nothing is."""
    command = ["curl", "-sf", "-m", "15", f"http://{address}:{port}{path}"]
    return until(lambda: lab.outside(command, check=False).stdout, expected)


def reached(lab: LabHost, address: str, port: int, *, expected: bool) -> bool:
    """Whether a connection comes about. Where none is expected, ask of a guest that answers otherwise."""
    command = ["nc", "-z", "-w", "5", address, str(port)]
    return until(lambda: lab.outside(command, check=False).returncode == 0, expected)
