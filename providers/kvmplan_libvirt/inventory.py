"""What is on a host, as libvirt lists it: one call per kind, then each object's documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TypeVar
from xml.etree import ElementTree as ET

from kvmplan_libvirt.api import DOMAIN_XML_INACTIVE, XML_INACTIVE, Connection, Domain, Network
from kvmplan_libvirt.errors import calling, found, supported
from kvmplan_libvirt.ownership import Owner, interface_owners, network_owner
from kvmplan_sdk import Host
from kvmplan_sdk.host import check

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class NetworkRecord:
    """``live`` is the document of what runs, None when it does not; ``config`` that of the persistent definition."""

    uuid: str
    name: str
    autostart: bool
    live: ET.Element | None
    config: ET.Element | None

    @property
    def any(self) -> ET.Element:
        element = self.config if self.config is not None else self.live
        assert element is not None
        return element

    @property
    def owner(self) -> Owner | None:
        return network_owner(self.any)

    @property
    def owners(self) -> frozenset[Owner]:
        return frozenset() if self.owner is None else frozenset({self.owner})

    @property
    def bridges(self) -> frozenset[str]:
        """The names of its bridge, live and defined."""
        elements = [element.find("bridge") for element in (self.live, self.config) if element is not None]
        return frozenset(name for element in elements if element is not None and (name := element.get("name")))


@dataclass(frozen=True, slots=True)
class Nic:
    """A NIC of a running guest or of a definition. ``target`` is its tap, known while the guest runs."""

    domain: str
    mac: str
    network: str | None
    bridge: str | None
    model: str | None
    target: str | None
    element: ET.Element

    @property
    def text(self) -> str:
        return ET.tostring(self.element, encoding="unicode")


@dataclass(frozen=True, slots=True)
class DomainRecord:
    """``live`` and ``config`` as of a network."""

    uuid: str
    name: str
    state: int
    live: ET.Element | None
    config: ET.Element | None

    @property
    def running(self) -> bool:
        return self.live is not None

    @property
    def owners(self) -> frozenset[Owner]:
        elements = [element for element in (self.live, self.config) if element is not None]
        return frozenset(owner for element in elements for owner in interface_owners(element))

    def owners_of(self, mac: str) -> frozenset[Owner]:
        """The tags of one NIC."""
        return frozenset(owner for owner in self.owners if owner.mac == mac.lower())

    def nics(self) -> Iterator[Nic]:
        """The NICs of the guest as it runs; of its definition while it does not."""
        yield from nics_of(self.name, self.live if self.live is not None else self.config)


def nics_of(domain: str, element: ET.Element | None) -> Iterator[Nic]:
    for nic in element.iterfind("devices/interface") if element is not None else ():
        yield nic_of(domain, nic)


def nic_of(domain: str, element: ET.Element) -> Nic:
    def attribute(path: str, name: str) -> str | None:
        child = element.find(path)
        return None if child is None else child.get(name)

    network = attribute("source", "network")
    return Nic(
        domain=domain,
        mac=(attribute("mac", "address") or "").lower(),
        network=network,
        bridge=attribute("source", "bridge") if network is None else None,
        model=attribute("model", "type"),
        target=attribute("target", "dev"),
        element=element,
    )


def nic_with(mac: str, domain: str, element: ET.Element | None) -> Nic | None:
    return next((nic for nic in nics_of(domain, element) if nic.mac == mac.lower()), None)


def network_record(network: Network) -> NetworkRecord:
    active, persistent = bool(network.isActive()), bool(network.isPersistent())
    return NetworkRecord(
        uuid=network.UUIDString(),
        name=network.name(),
        autostart=bool(network.autostart()) if persistent else False,
        live=ET.fromstring(network.XMLDesc(0)) if active else None,  # noqa: S314 - libvirt's own document
        config=ET.fromstring(_definition(network)) if persistent else None,  # noqa: S314
    )


def _definition(network: Network) -> str:
    """The persistent definition; of libvirt's test driver, which cannot show it, what runs."""
    shown = supported(lambda: network.XMLDesc(XML_INACTIVE))
    return network.XMLDesc(0) if shown is None else shown


def domain_record(domain: Domain) -> DomainRecord:
    active, persistent = bool(domain.isActive()), bool(domain.isPersistent())
    return DomainRecord(
        uuid=domain.UUIDString(),
        name=domain.name(),
        state=domain.state()[0],
        live=ET.fromstring(domain.XMLDesc(0)) if active else None,  # noqa: S314
        config=ET.fromstring(domain.XMLDesc(DOMAIN_XML_INACTIVE)) if persistent else None,  # noqa: S314
    )


class Inventory:
    """One look at a host. An object that goes away between the list and its document is left out.

    ``host``: where the kernel that libvirt uses is, None when that cannot be reached.
    """

    def __init__(self, connection: Connection, host: Host | None = None) -> None:
        self._connection = connection
        self._host = host

    @cached_property
    def networks(self) -> Mapping[str, NetworkRecord]:
        """By UUID."""
        with calling("Listing the networks"):
            listed = list(_recorded(self._connection.listAllNetworks(), network_record))
        return {record.uuid: record for record in listed}

    @cached_property
    def domains(self) -> Mapping[str, DomainRecord]:
        """By name."""
        with calling("Listing the domains"):
            listed = list(_recorded(self._connection.listAllDomains(), domain_record))
        return {record.name: record for record in listed}

    @cached_property
    def bridge_of(self) -> Mapping[str, str | None] | None:
        """Which bridge each of the host's interfaces is a port of, as the kernel has it; None where nobody can tell."""
        if self._host is None:
            return None
        listed = check(self._host.run(["ip", "-j", "link", "show"]), "Listing the host's interfaces")
        return {link["ifname"]: link.get("master") for link in json.loads(listed or b"[]")}

    def network_named(self, name: str) -> NetworkRecord | None:
        return next((record for record in self.networks.values() if record.name == name), None)

    def running_nics(self) -> Iterator[Nic]:
        for record in self.domains.values():
            if record.running:
                yield from record.nics()


def _recorded(listed: Iterable[T], record: Callable[[T], R]) -> Iterator[R]:
    for item in listed:
        known = found(partial(record, item))
        if known is not None:
            yield known
