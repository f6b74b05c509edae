"""The plan of a lane beside the host it is for: what every check looks at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from kvmplan_libvirt.inventory import DomainRecord, Inventory, NetworkRecord, Nic
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Change, ClaimedBy, InterfaceClaim, Object
from kvmplan_sdk.host import check


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
        names = (text(after, "name") for _, after in self.planned("libvirt_network"))
        return frozenset(name for name in names if name is not None)

    def foreign_networks(self) -> list[NetworkRecord]:
        """The networks on the host that are not of this plan."""
        known = {text(change.before, "uuid") for change in self.of("libvirt_network") if change.before is not None}
        ours = {self.reach.owner(change.tagged) for change in self.of("libvirt_network")}
        return [
            record
            for record in self.inventory.networks.values()
            if record.uuid not in known and record.owner not in ours
        ]

    @cached_property
    def devices(self) -> frozenset[str]:
        """The names of the host's interfaces; none where libvirt is not the host's own."""
        if not self.reach.on_host:
            return frozenset()
        shown = check(self.reach.host.run(["ip", "-j", "link", "show"]), "Listing the host's interfaces")
        return frozenset(str(device["ifname"]) for device in json.loads(shown or b"[]"))

    @cached_property
    def network_bridges(self) -> frozenset[str]:
        return frozenset(name for record in self.inventory.networks.values() for name in record.bridges)

    @cached_property
    def claimed_interfaces(self) -> frozenset[str]:
        """Those that any provider's plan for this host makes."""
        return frozenset(taken.claim.name for taken in self.claims if isinstance(taken.claim, InterfaceClaim))

    def leaves(self, nic: Nic) -> bool:
        """Whether the plan takes the NIC off what it is attached to now."""
        for change in self.of("libvirt_interface"):
            before, after = change.before, change.after
            record = None if before is None else self.domain(before)
            if before is None or record is None or record.name != nic.domain:
                continue
            if (text(before, "mac") or "").lower() == nic.mac:
                return after is None or change.replaced or before.get("network") != after.get("network")
        return False
