"""Who has which address, as libvirt can tell: from the leases of a network, from a guest's agent, from the host's ARP.

Each network, each guest and the host is asked once for every look.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial
from ipaddress import ip_address
from typing import Any, TypeVar

from kvmplan_libvirt.api import AddressSource, Connection, Domain
from kvmplan_libvirt.errors import answering, calling
from kvmplan_sdk import Host
from kvmplan_sdk.host import check

K = TypeVar("K")
T = TypeVar("T")


class Source(Enum):
    """Who is asked: the DHCP service of the NIC's network, the guest's agent, or the host's table of neighbours."""

    LEASE = "lease"
    AGENT = "agent"
    ARP = "arp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """An address that a network's DHCP service has given out. ``expires``: seconds since 1970, 0: never."""

    mac: str
    address: str
    prefix: int
    hostname: str | None
    client_id: str | None
    iaid: str | None
    expires: int


Told = Mapping[str, tuple[str, ...]]
"""Addresses by MAC address."""


class AddressBook:
    """``host``: whose kernel libvirt uses, None where that cannot be reached."""

    def __init__(self, connection: Connection, host: Host | None) -> None:
        self._connection = connection
        self._host = host
        self._leases: dict[str, tuple[Lease, ...]] = {}
        self._told: dict[tuple[str, Source], Told] = {}

    def renew(self) -> None:
        """Ask anew from now on."""
        self._leases.clear()
        self._told.clear()

    def leases(self, network: str) -> tuple[Lease, ...]:
        """Those of the running network of this name, by address; none where libvirt's driver cannot say."""

        def ask() -> tuple[Lease, ...]:
            with calling(f"Listing the leases of network {network}"):
                listed = answering(lambda: self._connection.networkLookupByName(network).DHCPLeases())
            return tuple(sorted(map(_lease, listed or ()), key=lambda lease: address_order(lease.address)))

        return _once(self._leases, network, ask)

    def told(self, domain: str, source: Source) -> Told:
        """What the agent of the guest, or the host's ARP table, knows of it; nothing where that does not answer."""
        host = self._host
        if (
            source is Source.ARP and host is not None
        ):  # one question for all; libvirt 9.0 cannot read what Linux 6.18 says
            return _once(self._told, ("", source), lambda: _neighbours(host))

        def ask() -> Told:
            with calling(f"Asking for the addresses of guest {domain}"):
                found = answering(partial(_asked, self._connection, domain, AddressSource[source.name]))
            return {} if found is None else dict(_by_mac(found.values()))

        return _once(self._told, (domain, source), ask)


def _once(known: dict[K, T], key: K, ask: Callable[[], T]) -> T:
    if key not in known:
        known[key] = ask()
    return known[key]


def _lease(found: Mapping[str, Any]) -> Lease:
    return Lease(
        mac=(found["mac"] or "").lower(),
        address=found["ipaddr"],
        prefix=found["prefix"],
        hostname=found["hostname"],
        client_id=found["clientid"],
        iaid=found["iaid"],
        expires=found["expirytime"],
    )


def _asked(connection: Connection, domain: str, source: AddressSource) -> Mapping[str, Mapping[str, Any]]:
    guest: Domain = connection.lookupByName(domain)
    return guest.interfaceAddresses(source) if guest.isActive() else {}


def _neighbours(host: Host) -> Told:
    listed = json.loads(check(host.run(["ip", "-j", "neigh", "show"]), "Listing the host's neighbours") or b"[]")
    found: dict[str, list[str]] = {}
    for neighbour in listed:
        found.setdefault(neighbour.get("lladdr", "").lower(), []).append(neighbour["dst"])
    return {mac: usable(addresses) for mac, addresses in found.items() if mac}


def _by_mac(devices: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for device in devices:
        if device["hwaddr"]:
            yield device["hwaddr"].lower(), usable(item["addr"] for item in device["addrs"] or ())


def usable(addresses: Iterable[str]) -> tuple[str, ...]:
    """``addresses`` in order, each once, without those that reach nothing but the link or the guest itself."""
    parsed = {address: ip_address(address) for address in addresses}
    kept = (address for address, one in parsed.items() if not one.is_link_local and not one.is_loopback)
    return tuple(sorted(kept, key=address_order))


def address_order(address: str) -> tuple[int, int]:
    parsed = ip_address(address)
    return parsed.version, int(parsed)
