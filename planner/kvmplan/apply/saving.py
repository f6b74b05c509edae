"""When the state is saved: not after every step, for it is written whole. In between the journal is the truth."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

from kvmplan.addresses import Address
from kvmplan.state.check_results import CheckResult
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

    def save(
        self,
        instances: Mapping[Address, Instance],
        outputs: Mapping[str, Output],
        checks: tuple[CheckResult, ...] | None = None,
    ) -> None:
        """Save unless it would change nothing. ``checks``: None where they are as before. Raises `DiagnosticError`."""
        instances = stored(instances)
        checks = self._stored.checks if checks is None else checks
        if (instances, outputs, checks) == (self._stored.instances, self._stored.outputs, self._stored.checks):
            return
        started = time.monotonic()
        # One after the one before, also where that was not saved: it may have been, all but its confirmation.
        after = self._next.next(instances=instances, outputs=outputs, hosts=self._hosts)
        self._next = replace(after, checks=checks)
        try:
            self._save(self._next)
            self._stored = self._next
        finally:
            now = time.monotonic()
            self._due = now + max(SAVE_SECONDS, SHARE * (now - started))
