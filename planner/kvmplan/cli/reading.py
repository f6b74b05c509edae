"""What is told while hosts are read: lines to programs, and to people when it takes its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from kvmplan.cli.terminal import keep_secret, live_line, tell, telling_when_slow
from kvmplan.lane import Lane
from kvmplan.review.columns import cut
from kvmplan.review.stream.refresh import refresh_lines
from kvmplan.state.model import Instance


@contextmanager
def told_of_reading() -> Iterator[Callable[[Lane, Sequence[Instance]], AbstractContextManager[None]]]:
    """What to enter around the reading of each lane; at a terminal a line says meanwhile which are being read."""
    readings = _Readings()
    with live_line(readings.line) as readings.live:
        yield readings.of


class _Readings:
    def __init__(self) -> None:
        self.live = False
        self._since = time.monotonic()
        self._under_way: dict[Lane, int] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(self, lane: Lane, instances: Sequence[Instance]) -> Iterator[None]:
        tell(lambda: refresh_lines("refresh_start", instances, keep_secret(())))
        with self._lock:
            self._under_way[lane] = len(instances)
        try:
            with telling_when_slow(f"Reading {_named(lane, len(instances))}...", people=not self.live):
                yield
        finally:
            with self._lock:
                del self._under_way[lane]
        tell(lambda: refresh_lines("refresh_complete", instances, keep_secret(())))

    def line(self, width: int) -> str:
        with self._lock:
            lanes = dict(self._under_way)
        what = ", ".join(_named(lane, count) for lane, count in lanes.items())
        seconds = int(time.monotonic() - self._since)
        return cut(f"{f'Reading {what}' if what else 'Planning'}, {seconds}s", width)


def _named(lane: Lane, count: int) -> str:
    return f"{lane} ({'1 object' if count == 1 else f'{count} objects'} of the state)"
