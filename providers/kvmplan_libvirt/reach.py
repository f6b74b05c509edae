"""What an operation needs to reach: libvirt, the host below it, and whose objects are ours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from kvmplan_libvirt.api import Connection
from kvmplan_libvirt.ownership import Owner
from kvmplan_sdk import UNTAGGED, Host


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

    def owns(self, tags: Collection[Owner], address: str, mac: str = "") -> bool:
        """Whether an object that carries ``tags`` is the one at ``address``. What was imported and not tagged since is
        ours unless another state says that it is its own.
        """
        if address == UNTAGGED:
            return all(tag.lineage == self.lineage for tag in tags)
        return self.owner(address, mac) in tags
