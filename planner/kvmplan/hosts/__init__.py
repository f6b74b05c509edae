"""Hosts: the machines that a run reaches, the local one and those behind SSH, as `kvmplan_sdk.host.Host`.

It runs commands, moves files and reaches sockets. It is not a policy about what to run: providers decide that, and
nothing above this package knows which kind of host it talks to. Hosts for tests are in `kvmplan_sdk.testing`.
"""

from __future__ import annotations

from kvmplan.hosts.address import parse_address
from kvmplan.hosts.local import LocalHost
from kvmplan.hosts.ssh import SshHost


def open_host(name: str, address: str) -> LocalHost | SshHost:
    """The host at ``address``: ``local`` (or empty) or ``ssh://[user@]host[:port]``. Nothing is contacted yet.

    Raises `DiagnosticError` when the address is neither. Whoever opens a host closes it.
    """
    remote = parse_address(address)
    return LocalHost(name) if remote is None else SshHost(name, remote)


__all__ = ["LocalHost", "SshHost", "open_host"]
