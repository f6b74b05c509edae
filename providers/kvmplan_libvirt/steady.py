"""Going on when libvirt goes away: the connection is opened again, and what was cut off is done once more.

Every update of its package restarts libvirtd, which leaves guests and networks running. Whatever is done here can be
done twice: reading changes nothing, and an operation looks first at what of it is done already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from kvmplan_libvirt.api import Connection
from kvmplan_libvirt.errors import DisconnectedError, calling
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Diagnostic, DiagnosticError, error

T = TypeVar("T")

Connect = Callable[[float], Connection]
"""Opens libvirt within so many seconds. Raises `DiagnosticError`."""

PATIENCE = 15.0
"""Seconds that libvirt gets to come back; restarting it takes a second or two."""
TIMES = 3
_ASK_AGAIN = 0.25
_BRIEFLY = 2.0
"""Seconds that opening takes at least, as the time for it runs out."""


class Steady:
    """``reach``, over a connection that works as far as is known."""

    def __init__(self, reach: Reach, connect: Connect) -> None:
        self.reach = reach
        self._connect = connect
        self._gone: tuple[Diagnostic, float] | None = None

    def do(self, work: Callable[[Reach], T]) -> T:
        """What ``work`` returns, which is done again after the connection broke. Raises `DiagnosticError`."""
        for _ in range(TIMES - 1):
            try:
                return work(self.reach)
            except DisconnectedError:
                self._open_again()
        return work(self.reach)

    def afresh(self) -> None:
        self.reach = self.reach.afresh()

    def close(self) -> None:
        """A connection that broke is as good as closed; what it broke was told by the call that needed it."""
        with suppress(DiagnosticError), calling("Closing the connection to libvirt"):
            self.reach.connection.close()

    def _open_again(self) -> None:
        """Wait until libvirt is back. What did not come back in time is not waited for, nor asked, a second time."""
        self.close()
        deadline = time.monotonic() + PATIENCE
        if self._gone is not None and time.monotonic() < self._gone[1]:
            raise DiagnosticError(self._gone[0])
        while True:
            try:
                self.reach = self.reach.afresh(self._connect(max(_BRIEFLY, deadline - time.monotonic())))
            except DiagnosticError as refused:
                if time.monotonic() + _ASK_AGAIN > deadline:
                    self._gone = _gone(self.reach.host.name, refused), time.monotonic() + PATIENCE
                    raise DiagnosticError(self._gone[0]) from refused
                time.sleep(_ASK_AGAIN)
            else:
                return


def _gone(host: str, refused: DiagnosticError) -> Diagnostic:
    still = refused.diagnostics[0]
    return error(
        f"libvirt on {host} went away",
        f"The connection broke, and {PATIENCE:.0f} s later: {still.summary}. {still.detail} What was done is kept, and "
        "guests run on all the same. Run the command again once libvirt is there: it does the rest.",
    )
