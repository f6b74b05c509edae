"""The host protocol: the one seam through which everything reaches a machine.

Not here: the implementations (local, SSH), which live in the engine; the recording fake is in `kvmplan_sdk.testing`.
Nothing above this protocol knows which one it talks to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from kvmplan_sdk.diagnostics import DiagnosticError, error


@dataclass(frozen=True, slots=True)
class Completed:
    """A command that ran to its end."""

    argv: tuple[str, ...]
    status: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        return self.status == 0


@dataclass(frozen=True, slots=True)
class Facts:
    """What was probed once per run. ``tools`` maps nft, netplan, systemctl, virsh, ip, ... to their path, or None."""

    hostname: str
    kernel: str
    uid: int
    tools: Mapping[str, str | None]


class HostError(DiagnosticError):
    """A host that cannot be reached, or a command on it that cannot be run or failed."""

    def __init__(self, summary: str, detail: str = "") -> None:
        super().__init__(error(summary, detail))


class Host(Protocol):
    """A machine. Every method may raise `HostError`; times are in seconds."""

    @property
    def name(self) -> str:
        """How users name it: ``local``, or the key of the ``host`` block (``kvm["a"]``)."""
        ...

    @property
    def address(self) -> str:
        """``local`` or ``ssh://user@host:port``."""
        ...

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 60) -> Completed:  # noqa: A002
        """Run a command, never through a shell; a non-zero status is returned, not raised."""
        ...

    def read_file(self, path: str) -> bytes | None:
        """A file's content; None when it is not there."""
        ...

    def write_file(self, path: str, data: bytes, mode: int = 0o600) -> None:
        """Write atomically and durably: temporary file, fsync, rename."""
        ...

    def remove_file(self, path: str) -> None:
        """Remove a file; nothing happens when it is not there."""
        ...

    def local_socket(self, path: str) -> str:
        """The path on *this* machine of a socket that reaches the UNIX socket ``path`` of the host."""
        ...

    def facts(self) -> Facts: ...

    def lock(self, name: str, stopping: Callable[[], bool]) -> AbstractContextManager[None]:
        """Be alone on the host with what ``name`` stands for, among all who ask for it, from whichever machine: for
        what is read, changed and written. Gives up waiting once ``stopping``. Do not take a second one inside.
        """
        ...


def require(host: Host, tool: str, package: str) -> None:
    """Raises `HostError` unless the host has ``tool``, which Debian's ``package`` brings, and we are root there."""
    facts = host.facts()
    if not facts.tools.get(tool):
        raise HostError(f"{tool} is not installed on {host.name}", f"Install it there: apt install {package}")
    if facts.uid != 0:
        raise HostError(
            f"{tool} on {host.name} needs root",
            f"You are user {facts.uid} there. Run kvmplan with sudo, or connect as root: ssh://root@...",
        )


def check(completed: Completed, what: str) -> bytes:
    """The standard output of a command that must succeed; else a `HostError` that says ``what`` failed and why."""
    if completed.ok:
        return completed.stdout
    said = (completed.stderr or completed.stdout).decode(errors="replace").strip()
    raise HostError(f"{what} failed", f"`{' '.join(completed.argv)}` ended with status {completed.status}: {said}")
