"""The line at the bottom of a terminal that says what is going on: drawn anew while time passes, out of the way of all
else that is printed.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

INTERVAL = 0.5
"""Seconds from one drawing to the next, and from the beginning to the first: what is quick shows no line."""
_ERASED = "\r\x1b[2K"
_WIDTH = 80


def is_possible() -> bool:
    """Whether standard output is a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") not in {"", "dumb"}


class Live:
    """``text``: the line for a width. ``lock``: held by whoever writes to the terminal."""

    def __init__(self, text: Callable[[int], str], lock: threading.RLock) -> None:
        self._text = text
        self._lock = lock
        self._shown = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._tick, name="kvmplan-live", daemon=True)
        self._thread.start()

    def erase(self) -> None:
        """Make room for other output; whoever calls it holds the lock."""
        if self._shown:
            self._write(_ERASED)
            self._shown = False

    def close(self) -> None:
        self._over.set()
        with self._lock:
            self.erase()
        self._thread.join()

    def _tick(self) -> None:
        while not self._over.wait(INTERVAL):
            with self._lock:
                if not self._over.is_set():
                    self._write(f"{_ERASED}{self._text(_width() - 1)}")
                    self._shown = True

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):
            sys.stdout.write(text)
            sys.stdout.flush()


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or _WIDTH
    except OSError:
        return _WIDTH
