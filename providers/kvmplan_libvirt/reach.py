"""What an operation needs to reach: libvirt, the host below it, and whose objects are ours."""

from __future__ import annotations

from dataclasses import dataclass

from kvmplan_libvirt.api import Connection
from kvmplan_libvirt.ownership import Owner
from kvmplan_sdk import Host


@dataclass(frozen=True, slots=True)
class Reach:
    """``machine`` seeds derived identities; ``version`` is libvirt's: major * 1,000,000 + minor * 1,000 + release;
    ``on_host``: the connection is to the host's own libvirt, so that its kernel's devices are the ones libvirt uses.
    """

    connection: Connection
    host: Host
    lineage: str
    machine: str
    version: int
    on_host: bool

    @property
    def kernel(self) -> Host | None:
        """The host whose kernel libvirt uses; None for a libvirt elsewhere, such as its test driver."""
        return self.host if self.on_host else None

    def seed(self, address: str) -> tuple[str, ...]:
        return (self.machine, address)

    def owner(self, address: str, mac: str = "") -> Owner:
        return Owner(self.lineage, address, mac)
