"""The plan of a lane beside the host it is for: what every check looks at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kvmplan_libvirt.inventory import Inventory, NetworkRecord, Nic
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Change, ClaimedBy, Object


@dataclass(frozen=True, slots=True)
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

    def removed_networks(self) -> Iterator[tuple[Change, str]]:
        """Networks that go, and those that are made anew; with their names as they are."""
        for change in self.of("libvirt_network"):
            name = text(change.before, "name") if change.before else None
            if name is not None and (change.after is None or change.replaced):
                yield change, name

    def foreign_networks(self) -> list[NetworkRecord]:
        """The networks on the host that are not of this plan."""
        ours = {
            self.reach.owner(change.address): text(side, "uuid")
            for change in self.of("libvirt_network")
            for side in (change.before, change.after)
            if side is not None
        }
        uuids = {text(change.before, "uuid") for change in self.of("libvirt_network") if change.before is not None}
        return [
            record
            for record in self.inventory.networks.values()
            if record.uuid not in uuids and record.owner not in ours
        ]

    def leaves(self, nic: Nic) -> bool:
        """Whether the plan takes the NIC off what it is attached to now."""
        for change in self.of("libvirt_interface"):
            before, after = change.before, change.after
            if before is None or text(before, "domain") != nic.domain:
                continue
            if (text(before, "mac") or "").lower() == nic.mac:
                return after is None or change.replaced or _source(before) != _source(after)
        return False


def _source(interface: Object) -> tuple[object, object]:
    return interface.get("network"), interface.get("bridge")
