"""What an operation needs to reach: libvirt, the host below it, and whose objects are ours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from kvmplan_libvirt.api import Connection
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.ownership import Owner
from kvmplan_sdk import UNTAGGED, Host


@dataclass(frozen=True, slots=True)
class Reach:
    """``machine`` seeds derived identities; ``version`` is libvirt's: major * 1,000,000 + minor * 1,000 + release;
    ``on_host``: the connection is to the host's own libvirt, so that its kernel's devices are the ones libvirt uses;
    ``inventory``: what is there, as seen so far. An operation takes what it changes from it.
    """

    connection: Connection
    host: Host
    lineage: str
    machine: str
    version: int
    on_host: bool
    inventory: Inventory

    @classmethod
    def of(
        cls, connection: Connection, host: Host, lineage: str, machine: str, version: int, *, on_host: bool
    ) -> Reach:
        return cls(
            connection, host, lineage, machine, version, on_host, Inventory(connection, host if on_host else None)
        )

    def afresh(self, connection: Connection | None = None) -> Reach:
        """The same, over another ``connection`` if one is given, with nothing known yet of what is on the host."""
        connection = connection or self.connection
        return replace(self, connection=connection, inventory=Inventory(connection, self.kernel))

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
