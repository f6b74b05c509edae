"""Opening libvirt on a host: the same URI and code for this machine and for one behind SSH.

A daemon that hangs takes connections and calls, and answers none. So opening has a deadline, and calls are cut off when
libvirt's keepalive messages are not answered.
"""

from __future__ import annotations

import threading
from functools import cache
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from kvmplan_libvirt.errors import MISSING_LIBRARY, connecting, is_broken, supported
from kvmplan_sdk import Diagnostic, DiagnosticError, Host, error

if TYPE_CHECKING:
    from kvmplan_libvirt.api import Connection

SOCKETS = ("/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock")
"""Where a host listens: libvirtd or, with split daemons, virtproxyd; else virtqemud, which passes network calls on."""


OPEN_SECONDS = 30.0
"""How long opening may take: a daemon that was just started looks at its guests first."""
KEEPALIVE_SECONDS, KEEPALIVE_TIMES = 5, 5
TIMES = 3
"""How often one is opened that breaks as it is opened: libvirtd may be restarting, and its socket outlives it."""


def connect(host: Host, uri: str | None, seconds: float = OPEN_SECONDS) -> Connection:
    """A connection to ``uri``, or to the system libvirt of ``host``, within so many ``seconds``.

    Raises `DiagnosticError` when libvirt-python is missing, or libvirt does not answer there.
    """
    try:
        import libvirt
    except ImportError as missing:
        raise DiagnosticError(MISSING_LIBRARY) from missing
    libvirt.registerErrorHandler(_quiet, None)
    _answer_events()
    target = uri or f"qemu+unix:///system?socket={quote(host.local_socket(_socket(host)))}"
    with connecting(host.name, target):
        connection = _opened(target, seconds)
        if connection is None:
            raise DiagnosticError(_hangs(host.name, target))
    return connection


def _opened(target: str, seconds: float) -> Connection | None:
    """None when it takes longer."""
    import libvirt

    for _ in range(TIMES - 1):
        try:
            return _answer(target, seconds)
        except libvirt.libvirtError as problem:
            if not is_broken(problem):
                raise
    return _answer(target, seconds)


def _answer(target: str, seconds: float) -> Connection | None:
    """None when it takes longer; whoever opens it then is left behind."""
    import libvirt

    answers: SimpleQueue[Any] = SimpleQueue()

    def open_() -> None:
        try:
            answers.put(libvirt.open(target))
        except libvirt.libvirtError as problem:
            answers.put(problem)

    threading.Thread(target=open_, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        return None
    if isinstance(answer, libvirt.libvirtError):
        raise answer
    connection = cast("Connection", answer)
    supported(lambda: connection.setKeepAlive(KEEPALIVE_SECONDS, KEEPALIVE_TIMES))
    return connection


def _hangs(host: str, target: str) -> Diagnostic:
    return error(
        f"libvirt on {host} does not answer",
        f"{target} takes connections, but says nothing. Look at what it does (`systemctl status libvirtd`, "
        "`journalctl -u libvirtd`); `systemctl restart libvirtd` leaves running guests alone.",
    )


@cache
def _answer_events() -> None:
    """Have libvirt's own event loop run, which sends and answers keepalive messages between calls."""
    import libvirt

    libvirt.virEventRegisterDefaultImpl()

    def run() -> None:
        while True:
            libvirt.virEventRunDefaultImpl()

    threading.Thread(target=run, name="libvirt events", daemon=True).start()


def _socket(host: Host) -> str:
    for path in SOCKETS:
        if host.run(["test", "-S", path]).ok:
            return path
    raise DiagnosticError(
        error(
            f"libvirt is not running on {host.name}",
            f"None of {' and '.join(SOCKETS)} is there. Start it (`systemctl enable --now libvirtd.socket`, or "
            "`virtqemud.socket` and `virtnetworkd.socket` where it is split), or install it (Debian and Ubuntu: "
            "`apt install libvirt-daemon-system`).",
        )
    )


def _quiet(_context: object, _error: object) -> None:
    """Instead of libvirt's default handler, which prints every error to stderr."""
