"""The stream of lines that programs read: each written whole and at once, until its reader goes away."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime

from kvmplan.review.stream.line import Line, encoded


class Stream:
    """Writes lines to the file descriptor ``fd``, from any thread. A reader that goes away, or a disk that is full,
    ends the stream and nothing else.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self._ended = False

    def write(self, lines: Iterable[Line]) -> None:
        with self._lock:
            for line in lines:
                self._send(encoded(line, datetime.now(UTC)).encode(errors="surrogatepass"))

    def _send(self, data: bytes) -> None:
        try:
            while data and not self._ended:
                data = data[os.write(self._fd, data) :]
        except OSError:
            self._ended = True

    def close(self) -> None:
        with suppress(OSError):
            os.close(self._fd)
