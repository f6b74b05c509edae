"""Networks that are there already, whoever made them: taken in by name or UUID, and found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kvmplan_libvirt.inventory import Inventory, NetworkRecord
from kvmplan_libvirt.network.changes import Now
from kvmplan_libvirt.network.fold import fold
from kvmplan_libvirt.network.model import OWN_BRIDGE
from kvmplan_libvirt.network.read import now
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.spelling import same
from kvmplan_libvirt.taking_over import refuse_anothers
from kvmplan_sdk import Diagnostic, DiagnosticError, Discovered, Observed, error


def imported(inventory: Inventory, reach: Reach, identifier: str) -> Observed:
    record = inventory.networks.get(identifier.lower()) or inventory.network_named(identifier)
    if record is None:
        raise DiagnosticError(_no_network(identifier, inventory))
    untag = f"`virsh net-edit {record.name}` and remove the element kvmplan:owner"
    refuse_anothers(reach, record.owners, f"Network {record.name}", untag)
    values = _as_it_is(record)
    if values["mode"] in OWN_BRIDGE:
        _refuse_undefinable(inventory, record)
    return Observed(values=values)


def _refuse_undefinable(inventory: Inventory, record: NetworkRecord) -> None:
    """libvirt defines no network, not even with a tag alone, whose bridge another one names."""
    for bridge in sorted(record.bridges):
        others = [other.name for other in inventory.networks_by_bridge[bridge] if other.uuid != record.uuid]
        if others:
            raise DiagnosticError(
                error(
                    f"Network {record.name} cannot be changed",
                    f"libvirt refuses to define it anew, even to tag it, while {', '.join(sorted(others))} names its "
                    f"bridge {bridge}. Have guests use {record.name} itself, remove the other, and try again.",
                )
            )


def _as_it_is(record: NetworkRecord) -> dict[str, Any]:
    """As it runs, which is what guests have; as it is defined while it does not."""
    seen = now(record)
    part = seen.live if seen.live is not None else seen.config
    return {**(part or {}), "autostart": record.autostart, "active": seen.live is not None}


def _no_network(identifier: str, inventory: Inventory) -> Diagnostic:
    there = ", ".join(sorted(record.name for record in inventory.networks.values())) or "none"
    return error(f"There is no network {identifier}", f"Give a name or a UUID. Networks on this host: {there}.")


def discovered(inventory: Inventory, _reach: Reach) -> Iterator[Discovered]:
    for record in sorted(inventory.networks.values(), key=lambda record: record.name):
        owner = record.owner
        yield Discovered(
            type="libvirt_network",
            identifier=record.uuid,
            name=record.name,
            identity={"uuid": record.uuid},
            lineage=owner.lineage if owner else "",
            address=owner.address if owner else "",
            note=_note(now(record)),
        )


def _note(seen: Now) -> str:
    if seen.config is None:
        return "It is gone once it is stopped; the first apply defines it."
    if seen.live is None:
        return ""
    config, live = fold(seen.config), fold(seen.live)
    changed = ", ".join(sorted(name for name in live if not same(live[name], config[name])))
    return changed and f"It runs otherwise than it is defined ({changed}); the first apply defines it as it runs."
