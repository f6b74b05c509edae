"""A wish to stop, and what is left to do when even that takes too long."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress


class Stop(threading.Event):
    """Set: what is in flight is finished, nothing new begins. ``rescue``: saves what is known now, whatever is still
    under way.
    """

    def __init__(self) -> None:
        super().__init__()
        self.rescue: Callable[[], None] | None = None

    def save_within(self, seconds: float) -> bool:
        """Rescue what can be in that time, while whoever calls is held up; returns whether it was saved."""
        saved: list[bool] = []
        rescue = self.rescue
        if rescue is None:
            return False

        def attempt() -> None:
            with suppress(Exception):  # the process ends: the journal has what could not be saved
                rescue()
                saved.append(True)

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(seconds)
        return bool(saved)


__all__ = ["Stop"]
