"""What stands between the state and where it is kept: encryption, where the configuration asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from kvmplan.encryption import PLAIN, Protection
from kvmplan.state.document import head_of

STATE = "state"


class Sealing:
    """``protection`` is asked for when something is read or written first: its keys may not be at hand. All methods
    raise `DiagnosticError` when they are not, and when what is read is damaged.
    """

    def __init__(self, protection: Callable[[], Protection] = lambda: PLAIN) -> None:
        self._protection = cache(protection)

    def close(self, document: bytes) -> bytes:
        """What to store for a document."""
        protection = self._protection()
        return protection.encrypt(document, STATE, head_of(document) if protection.encrypts else None)

    def open(self, stored: bytes, place: str) -> bytes:
        """The document in what is stored at ``place``."""
        return self._protection().decrypt(stored, STATE, place)

    def close_line(self, line: bytes, number: int) -> bytes:
        """What to write for a line of a journal; ``number``: where in it, so that lines cannot be exchanged."""
        return self._protection().encrypt(line, f"journal {number}")

    def open_line(self, line: bytes, number: int, place: str) -> bytes:
        return self._protection().decrypt(line, f"journal {number}", place)
