"""When the state is saved: not after every step, for it is written whole. In between the journal is the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from kvmplan.addresses import Address
from kvmplan.state.model import Instance, Output, State, stored
from kvmplan_sdk.diagnostics import DiagnosticError

SAVE_SECONDS = 5.0
SHARE = 10
"""At most this part of the time goes into saving."""


class Saver:
    """Saves what follows ``state``. ``save`` puts a state where it is kept, or raises `DiagnosticError`."""

    def __init__(self, state: State, save: Callable[[State], None], hosts: Mapping[str, str]) -> None:
        self._stored = state
        self._next = state
        self._save = save
        self._hosts = hosts
        self._due = time.monotonic() + SAVE_SECONDS

    def checkpoint(self, instances: Mapping[Address, Instance]) -> None:
        """Save if it was not done for a while. When it cannot be, the journal goes on alone."""
        if time.monotonic() >= self._due:
            with suppress(DiagnosticError):
                self.save(instances, self._stored.outputs)

    def save(self, instances: Mapping[Address, Instance], outputs: Mapping[str, Output]) -> None:
        """Save unless it would change nothing. Raises `DiagnosticError`."""
        instances = stored(instances)
        if (instances, outputs) == (self._stored.instances, self._stored.outputs):
            return
        started = time.monotonic()
        # One after the one before, also where that was not saved: it may have been, all but its confirmation.
        self._next = self._next.next(instances=instances, outputs=outputs, hosts=self._hosts)
        try:
            self._save(self._next)
            self._stored = self._next
        finally:
            now = time.monotonic()
            self._due = now + max(SAVE_SECONDS, SHARE * (now - started))
