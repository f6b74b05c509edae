"""What libvirt says, turned into diagnostics: the one place where its exceptions are caught."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from kvmplan_libvirt.api import FROM_RPC, Code
from kvmplan_sdk import DiagnosticError, error

T = TypeVar("T")

MISSING_LIBRARY = error(
    "libvirt-python is not installed",
    "The libvirt provider needs it on the machine where kvmplan runs. Install it with "
    "`pip install 'kvmplan[libvirt]'`, which compiles it and needs the packages libvirt-dev, pkg-config, gcc and "
    "python3-dev; or install the distribution's python3-libvirt for the Python that runs kvmplan.",
)

_NOBODY = {
    Code.NO_NETWORK,
    Code.NO_DOMAIN,
    Code.NO_SUPPORT,
    Code.ARGUMENT_UNSUPPORTED,
    Code.OPERATION_INVALID,
    Code.OPERATION_UNSUPPORTED,
    Code.AGENT_UNRESPONSIVE,
    Code.AGENT_UNSYNCED,
}
_BROKEN = {Code.NO_CONNECT, Code.INVALID_CONN}
_MISSING = {Code.NO_NETWORK, Code.NO_DOMAIN, Code.NO_DOMAIN_METADATA, Code.NO_NWFILTER}
_AUTHENTICATION = {Code.AUTH_FAILED, Code.ACCESS_DENIED, Code.AUTH_CANCELLED, Code.AUTH_UNAVAILABLE}


class DisconnectedError(DiagnosticError):
    """The connection broke: what was called may be done, or not."""


def is_broken(problem: Any) -> bool:
    """Whether a libvirt error is one of the connection: its own, or a daemon's to another one."""
    return problem.get_error_domain() == FROM_RPC or problem.get_error_code() in _BROKEN


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Turn a libvirt error inside into a `DiagnosticError` headed ``what`` failed; one of the connection into a
    `DisconnectedError`.
    """
    import libvirt

    try:
        yield
    except libvirt.libvirtError as problem:
        kind = DisconnectedError if is_broken(problem) else DiagnosticError
        said = _said(problem)
        raise kind(error(f"{what} failed", f"libvirt says: {said}.{_forgotten(said)}")) from problem


def found(lookup: Callable[[], T]) -> T | None:
    """What ``lookup`` finds; None when libvirt knows no such object."""
    import libvirt

    try:
        return lookup()
    except libvirt.libvirtError as problem:
        if problem.get_error_code() in _MISSING:
            return None
        raise


def supported(call: Callable[[], T]) -> T | None:
    """What ``call`` gives; None when libvirt's driver does not know how."""
    import libvirt

    try:
        return call()
    except libvirt.libvirtError as problem:
        if problem.get_error_code() in {Code.NO_SUPPORT, Code.INVALID_ARG}:
            return None
        raise


def answering(call: Callable[[], T]) -> T | None:
    """What ``call`` gives; None when who would know is not there: the object, or an agent in the guest."""
    import libvirt

    try:
        return call()
    except libvirt.libvirtError as problem:
        if problem.get_error_code() in _NOBODY:
            return None
        raise


@contextmanager
def connecting(host: str, uri: str) -> Iterator[None]:
    """Turn a failed connection into a `DiagnosticError` that says what to start or how to be let in."""
    import libvirt

    try:
        yield
    except libvirt.libvirtError as problem:
        said = _said(problem)
        summary = f"No connection to libvirt on {host}"
        raise DiagnosticError(
            error(summary, f"{uri}: {said}. {_remedy(problem.get_error_code() or 0, said)}")
        ) from problem


def _remedy(code: int, said: str) -> str:
    if code in _AUTHENTICATION or "Permission denied" in said:
        return (
            "The user kvmplan runs as on that host may not manage libvirt: use root, or add the user to the group "
            "libvirt (`usermod -aG libvirt USER`) and log in again."
        )
    return (
        "Start libvirt on that host (`systemctl enable --now libvirtd.socket`, or `virtqemud.socket` and "
        "`virtnetworkd.socket` where it is split); if it is not there, install it (Debian and Ubuntu: "
        "`apt install libvirt-daemon-system`)."
    )


def _forgotten(said: str) -> str:
    """What to do about the NIC, or half of one, that QEMU keeps where libvirt was killed while it plugged one in."""
    left = re.search(r"Duplicate (?:device )?ID '(?:host)?(net\d+)'", said)
    if left is None:
        return ""
    monitor = "virsh qemu-monitor-command GUEST --hmp"
    return (
        " QEMU has a NIC, or the half of one, that libvirt plugged in when it was killed and has forgotten. Take it "
        f"out with `{monitor} 'device_del {left[1]}'`, which may say that there is none, and a few seconds later "
        f"`{monitor} 'netdev_del host{left[1]}'`; or restart the guest. Then apply again."
    )


def _said(problem: Exception) -> str:
    message = getattr(problem, "get_error_message", lambda: None)()
    return str(message or problem).rstrip(".")
