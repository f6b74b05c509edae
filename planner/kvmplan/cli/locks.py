"""What the options of locks mean."""

from __future__ import annotations

import re
import sys

from kvmplan.state.locking import Locking
from kvmplan_sdk.diagnostics import DiagnosticError, error

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600}


def locking(lock: bool, timeout: str) -> Locking:
    """Raises `DiagnosticError` when ``timeout`` is no duration."""
    return Locking(enabled=lock, timeout=seconds(timeout), tell=_tell)


def seconds(text: str) -> float:
    """``90s``, ``10m``, ``1h30m``, ``500ms``; a number alone is seconds."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|s|m|h)", text)
    if not parts or "".join(map("".join, parts)) != text:
        raise DiagnosticError(error("Invalid duration", f'"{text}" is none. Write 30s, 5m or 1h30m.'))
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
