"""The addresses of one NIC, from whoever is to be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kvmplan_libvirt.addresses.book import Lease, Source, usable

if TYPE_CHECKING:
    from kvmplan_libvirt.inventory import Inventory, Nic


def addresses_of(inventory: Inventory, nic: Nic, source: Source) -> tuple[str, ...]:
    """In order; none where nobody knows any. A network's DHCP service is asked only for NICs on it."""
    if source is Source.LEASE:
        return usable(lease.address for lease in leases_of(inventory, nic))
    return inventory.addresses.told(nic.domain, source).get(nic.mac, ())


def leases_of(inventory: Inventory, nic: Nic) -> tuple[Lease, ...]:
    if nic.network is None:
        return ()
    return tuple(lease for lease in inventory.addresses.leases(nic.network) if lease.mac == nic.mac)
