"""What is on a host: each object's documents, live and persistent, and where the NICs of running guests are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from xml.etree import ElementTree as ET

from kvmplan_libvirt.addresses.book import AddressBook
from kvmplan_libvirt.api import DOMAIN_XML_INACTIVE, XML_INACTIVE, Connection, Domain, Network, NWFilter
from kvmplan_libvirt.document import parsed
from kvmplan_libvirt.errors import supported
from kvmplan_libvirt.listing import Listing
from kvmplan_libvirt.ownership import Owner, entry_owners, interface_owners, network_owner
from kvmplan_libvirt.validators import UUID
from kvmplan_sdk import Host
from kvmplan_sdk.host import check

AGENT_CHANNEL = "org.qemu.guest_agent.0"
"""The name of the channel that guest agents speak on."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
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
    def entry_owners(self) -> Mapping[str, Owner]:
        """The tags of those single entries that resources of their own stand for, by key."""
        return {} if self.config is None else entry_owners(self.config)

    @property
    def bridges(self) -> frozenset[str]:
        """The names of its bridge, live and defined."""
        return frozenset(self._said("bridge", "name"))

    @property
    def macs(self) -> frozenset[str]:
        """The MAC addresses of its bridge, live and defined."""
        return frozenset(mac.lower() for mac in self._said("mac", "address"))

    def _said(self, tag: str, attribute: str) -> Iterator[str]:
        elements = [element.find(tag) for element in (self.live, self.config) if element is not None]
        return (value for element in elements if element is not None and (value := element.get(attribute)))


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
    def source(self) -> tuple[str, str]:
        """What it is on: ``network`` or ``bridge``, and the name."""
        return ("bridge", self.bridge or "") if self.network is None else ("network", self.network)

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
    def agent(self) -> str | None:
        """What the channel for a guest agent is; None where there is none."""
        element = self.live if self.live is not None else self.config
        found = None if element is None else element.find(f"devices/channel/target[@name='{AGENT_CHANNEL}']")
        return None if found is None else found.get("state", "disconnected")

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


@dataclass(frozen=True, slots=True)
class FilterRecord:
    uuid: str
    name: str
    element: ET.Element


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
        live=parsed(network.XMLDesc(0)) if active else None,
        config=parsed(_definition(network)) if persistent else None,
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
        live=parsed(domain.XMLDesc(0)) if active else None,
        config=parsed(domain.XMLDesc(DOMAIN_XML_INACTIVE)) if persistent else None,
    )


def filter_record(nwfilter: NWFilter) -> FilterRecord:
    return FilterRecord(
        uuid=nwfilter.UUIDString(),
        name=nwfilter.name(),
        element=parsed(nwfilter.XMLDesc()),
    )


class Inventory:
    """One look at a host, true to what we change meanwhile: for one command's plan, or one step and its reading back.

    ``host``: where the kernel that libvirt uses is, None when that cannot be reached.
    """

    def __init__(self, connection: Connection, host: Host | None = None) -> None:
        self._host = host
        self._guests_on: dict[tuple[str, str], dict[str, None]] = {}
        self._bridge_of: Mapping[str, str | None] | None = None
        self._sees_libvirts: bool | None = None
        self.networks: Listing[Network, NetworkRecord] = Listing(
            "networks",
            connection.listAllNetworks,
            connection.networkLookupByUUIDString,
            network_record,
            lambda record: record.uuid,
        )
        """By UUID."""
        self.domains: Listing[Domain, DomainRecord] = Listing(
            "domains", connection.listAllDomains, connection.lookupByName, domain_record, lambda record: record.name
        )
        """By name."""
        self.addresses = AddressBook(connection, host)
        self.filters: Listing[NWFilter, FilterRecord] = Listing(
            "filters",
            lambda: supported(connection.listAllNWFilters) or (),
            connection.nwfilterLookupByUUIDString,
            filter_record,
            lambda record: record.uuid,
        )
        """By UUID; none where libvirt has no filters, as its test driver."""

    def renew(self) -> None:
        """Look once more, when asked, at all that was taken to be changed."""
        self.networks.renew()
        self.domains.renew()
        self.addresses.renew()
        self.filters.renew()
        self.renew_links()

    def renew_links(self) -> None:
        """Ask the kernel once more, when asked."""
        self._bridge_of = None
        self._sees_libvirts = None

    @property
    def bridge_of(self) -> Mapping[str, str | None] | None:
        """Which bridge each of the host's interfaces is a port of, as the kernel has it; None where nobody can tell."""
        if self._bridge_of is None and self._host is not None:
            listed = check(self._host.run(["ip", "-j", "link", "show"]), "Listing the host's interfaces")
            self._bridge_of = {link["ifname"]: link.get("master") for link in json.loads(listed or b"[]")}
        return self._bridge_of

    @property
    def sees_libvirts(self) -> bool:
        """Whether any of libvirt's bridges and taps is among `bridge_of`: in a container that has only its socket none
        is, and that one is not there says nothing.
        """
        if self._sees_libvirts is None:
            taps = {nic.target for record in self.domains.values() if record.running for nic in record.nics()}
            bridges = {name for record in self.networks.values() if record.live is not None for name in record.bridges}
            self._sees_libvirts = not (taps | bridges).isdisjoint(self.bridge_of or {})
        return self._sees_libvirts

    def domain(self, said: str) -> DomainRecord | None:
        """The domain with this name or UUID."""
        return self.domains.get(self.name_of_domain(said))

    def name_of_domain(self, said: str) -> str:
        """The name of the domain with this name or UUID; what was said where there is none."""
        return self._domain_names.get(said.lower(), said) if UUID.fullmatch(said) else said

    @cached_property
    def _domain_names(self) -> Mapping[str, str]:
        return {record.uuid: record.name for record in self.domains.values()}

    @cached_property
    def domains_tagged(self) -> Mapping[Owner, Sequence[str]]:
        """The names of the domains that list a NIC as somebody's, as they were when somebody first asked."""
        found: dict[Owner, list[str]] = {}
        for record in self.domains.values():
            for owner in record.owners:
                found.setdefault(owner, []).append(record.name)
        return found

    @cached_property
    def networks_by_bridge(self) -> Mapping[str, Sequence[NetworkRecord]]:
        """Those that name a bridge, as they were when somebody first asked."""
        found: dict[str, list[NetworkRecord]] = {}
        for record in self.networks.values():
            for bridge in record.bridges:
                found.setdefault(bridge, []).append(record)
        return found

    def network_named(self, name: str) -> NetworkRecord | None:
        return self.networks.named(name)

    def running_nics_on(self, network: str, bridges: Iterable[str] = ()) -> Iterator[Nic]:
        """The NICs of running guests on this network or one of these bridges of the host."""
        for record in self.domains.news():
            for nic in record.nics() if record.running else ():
                self._guests_on.setdefault(nic.source, {})[record.name] = None
        sources = {("network", network), *(("bridge", bridge) for bridge in bridges)}
        for name in sorted({name for source in sources for name in self._guests_on.get(source, ())}):
            guest = self.domains.get(name)
            if guest is not None and guest.running:
                yield from (nic for nic in guest.nics() if nic.source in sources)
