"""Opening libvirt on a host: the same URI and code for this machine and for one behind SSH."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from kvmplan_libvirt.errors import MISSING_LIBRARY, connecting
from kvmplan_sdk import DiagnosticError, Host, error

if TYPE_CHECKING:
    from kvmplan_libvirt.api import Connection

SOCKETS = ("/run/libvirt/libvirt-sock", "/run/libvirt/virtqemud-sock")
"""Where a host listens: libvirtd or, with split daemons, virtproxyd; else virtqemud, which passes network calls on."""


def connect(host: Host, uri: str | None) -> Connection:
    """A connection to ``uri``, or to the system libvirt of ``host``.

    Raises `DiagnosticError` when libvirt-python is missing, or libvirt does not answer there.
    """
    try:
        import libvirt
    except ImportError as missing:
        raise DiagnosticError(MISSING_LIBRARY) from missing
    libvirt.registerErrorHandler(_quiet, None)
    target = uri or f"qemu+unix:///system?socket={quote(host.local_socket(_socket(host)))}"
    with connecting(host.name, target):
        return cast("Connection", libvirt.open(target))


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
