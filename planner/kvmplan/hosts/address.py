"""Addresses of hosts, as the ``address`` argument of a ``host`` block has them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kvmplan_sdk.diagnostics import DiagnosticError, error

_SSH = re.compile(
    r"ssh://(?:(?P<user>[^\s@/:-][^\s@/:]*)@)?(?:\[(?P<v6>[0-9A-Fa-f:.]+(?:%[^\s\]/]+)?)\]|(?P<host>[^\s@/:\[\]-][^\s@/:\[\]]*))"
    r"(?::(?P<port>[0-9]{1,5}))?/?"
)


@dataclass(frozen=True, slots=True)
class SshAddress:
    """Where ssh(1) goes. ``user`` and ``port`` are None where ~/.ssh/config or ssh's defaults decide."""

    host: str
    user: str | None = None
    port: int | None = None

    def __str__(self) -> str:
        user = "" if self.user is None else f"{self.user}@"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port is None else f":{self.port}"
        return f"ssh://{user}{host}{port}"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The destination as arguments of ssh(1). No part begins with a dash, so none is taken for an option."""
        user = () if self.user is None else ("-l", self.user)
        port = () if self.port is None else ("-p", str(self.port))
        return (*user, *port, "--", self.host)


def parse_address(text: str) -> SshAddress | None:
    """The SSH address in ``text``, or None for the local machine. Raises `DiagnosticError` for anything else."""
    if text in ("", "local"):
        return None
    match = _SSH.fullmatch(text)
    port = match and match["port"]
    if not match or (port and not 1 <= int(port) <= 65535) or "\0" in text:
        detail = f'{text!r} is neither "local" nor of the form ssh://user@host:port (user and port may be left out).'
        raise DiagnosticError(error("Invalid host address", detail))
    return SshAddress(match["v6"] or match["host"], match["user"], int(port) if port else None)
