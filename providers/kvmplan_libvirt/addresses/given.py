"""The addresses of one NIC, from whoever is to be asked."""

from __future__ import annotations

from kvmplan_libvirt.addresses.book import Lease, Source, usable
from kvmplan_libvirt.inventory import DomainRecord, Inventory, Nic, nic_with
from kvmplan_sdk import Value


def addresses_of(inventory: Inventory, nic: Nic, source: Source) -> tuple[str, ...]:
    """In order; none where nobody knows any. A network's DHCP service is asked only for NICs on it."""
    if source is Source.LEASE:
        return usable(lease.address for lease in leases_of(inventory, nic))
    return inventory.addresses.told(nic.domain, source).get(nic.mac, ())


def tells(inventory: Inventory, record: DomainRecord, mac: str, source: Source) -> dict[str, Value]:
    """What the NIC tells of itself. A lease stays with it while the guest does not run."""
    live = nic_with(mac, record.name, record.live)
    nic = nic_with(mac, record.name, record.config) if live is None else live
    return {
        "target": None if live is None else live.target,
        "addresses": [] if nic is None else list(addresses_of(inventory, nic, source)),
    }


def leases_of(inventory: Inventory, nic: Nic) -> tuple[Lease, ...]:
    return tuple(lease for lease in leases_on(inventory, nic.network) if lease.mac == nic.mac)


def leases_on(inventory: Inventory, network: str | None) -> tuple[Lease, ...]:
    """Those of the network of this name, by address; asked for only where it runs and has a DHCP service."""
    record = None if network is None else inventory.network_named(network)
    if record is None or record.live is None or record.live.find("ip/dhcp") is None:
        return ()
    return inventory.addresses.leases(record.name)
