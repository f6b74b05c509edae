"""The plan of a lane beside the host it is for: what every check looks at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from kvmplan_libvirt.inventory import DomainRecord, Inventory, NetworkRecord, Nic, nics_of
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Change, ClaimedBy, ImpactLevel, InterfaceClaim, Object


@dataclass(frozen=True)
class Scene:
    reach: Reach
    inventory: Inventory
    changes: tuple[Change, ...]
    claims: tuple[ClaimedBy, ...]

    def of(self, type_: str) -> Iterator[Change]:
        return (change for change in self.changes if change.type == type_)

    def planned(self, type_: str) -> Iterator[tuple[Change, Object]]:
        """What will be there: each change with its object."""
        return ((change, change.after) for change in self.of(type_) if change.after is not None)

    def domain(self, interface: Object) -> DomainRecord | None:
        """The domain of a NIC."""
        return self.inventory.domain(text(interface, "domain") or "")

    def removed_networks(self) -> Iterator[tuple[Change, str]]:
        """Networks that go, and those that are made anew; with their names as they are."""
        for change in self.of("libvirt_network"):
            name = text(change.before, "name") if change.before else None
            if name is not None and (change.after is None or change.replaced):
                yield change, name

    @cached_property
    def networks_to_be(self) -> frozenset[str]:
        """The names of those that are there after the plan."""
        there = {record.name for record in self.inventory.networks.values()}
        going = {name for _, name in self.removed_networks()}
        return frozenset(there - going) | self.networks_planned

    @cached_property
    def networks_planned(self) -> frozenset[str]:
        return frozenset(self._networks_planned)

    @cached_property
    def _networks_planned(self) -> Mapping[str, Object]:
        """By name."""
        named = ((text(after, "name"), after) for _, after in self.planned("libvirt_network"))
        return {name: after for name, after in named if name is not None}

    def network_to_be(self, name: str) -> Object | None:
        """A network as it is planned; as it is on the host where it is not in the plan."""
        planned = self._networks_planned.get(name)
        record = self.inventory.network_named(name) if planned is None else None
        return planned if record is None else values_of(record.any)

    @cached_property
    def foreign_networks(self) -> list[NetworkRecord]:
        """The networks on the host that are not of this plan."""
        before = [change.before for change in self.of("libvirt_network") if change.before is not None]
        known = {(text(network, "uuid") or "").lower() for network in before}
        ours = {self.reach.owner(change.tagged) for change in self.of("libvirt_network")}
        return [
            record
            for record in self.inventory.networks.values()
            if record.uuid not in known and record.owner not in ours
        ]

    @cached_property
    def devices(self) -> frozenset[str]:
        """The names of the host's interfaces; none where libvirt is not the host's own."""
        return frozenset(self.inventory.bridge_of or ())

    @cached_property
    def network_bridges(self) -> frozenset[str]:
        return frozenset(name for record in self.inventory.networks.values() for name in record.bridges)

    @cached_property
    def claimed_interfaces(self) -> frozenset[str]:
        """Those that any provider's plan for this host makes."""
        return frozenset(taken.claim.name for taken in self.claims if isinstance(taken.claim, InterfaceClaim))

    @cached_property
    def interfaces_to_be(self) -> frozenset[str]:
        """The interfaces that are on the host, or that anybody's plan makes."""
        return self.devices | self.network_bridges | self.claimed_interfaces

    @cached_property
    def guests_with(self) -> Mapping[str, tuple[DomainRecord, ...]]:
        """The domains that have a NIC with a MAC address, in the running guest or in the definition."""
        found: dict[str, dict[str, DomainRecord]] = defaultdict(dict)
        for record in self.inventory.domains.values():
            for element in (record.live, record.config):
                for nic in nics_of(record.name, element):
                    found[nic.mac][record.name] = record
        return {mac: tuple(records.values()) for mac, records in found.items()}

    @cached_property
    def _changed_nics(self) -> Mapping[tuple[str, str], Change]:
        """By domain and MAC address, as the NIC is before the plan."""
        found = {}
        for change in self.of("libvirt_interface"):
            record = None if change.before is None else self.domain(change.before)
            if change.before is not None and record is not None:
                found[record.name, (text(change.before, "mac") or "").lower()] = change
        return found

    def goes(self, domain: str, mac: str) -> bool:
        """Whether the plan removes the NIC of ``domain`` that has this MAC address."""
        change = self._changed_nics.get((domain, mac))
        return change is not None and (change.after is None or change.replaced)

    def holds(self, nic: Nic) -> bool:
        """Whether a resource of the plan is the NIC."""
        return (nic.domain, nic.mac) in self._changed_nics

    def plugs_again(self, nic: Nic) -> bool:
        """Whether the plan takes the NIC out and plugs it in again."""
        change = self._changed_nics.get((nic.domain, nic.mac))
        return change is not None and change.impact.level >= ImpactLevel.GUEST_DISCONNECT

    def leaves(self, nic: Nic) -> bool:
        """Whether the plan takes the NIC off what it is attached to now."""
        change = self._changed_nics.get((nic.domain, nic.mac))
        if change is None or change.before is None:
            return False
        after = change.after
        return after is None or change.replaced or change.before.get("network") != after.get("network")
