"""Reading a network: what runs and what is defined, told as one."""

from __future__ import annotations

from typing import Any

from kvmplan_libvirt.inventory import Inventory, NetworkRecord
from kvmplan_libvirt.network.changes import Now
from kvmplan_libvirt.network.fold import fold
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.network.plan import complete_rest
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.reconcile import telling
from kvmplan_libvirt.spelling import same
from kvmplan_sdk import Known, Object, Observed


def read(inventory: Inventory, reach: Reach, known: Known) -> Observed | None:
    uuid = str(complete_rest(known.values, reach.seed(known.address))["uuid"])
    record = inventory.networks.get(uuid.lower())
    if record is None:
        return None
    return Observed(values=values(record, known.values), owned=reach.owns(record.owners, known.address))


def now(record: NetworkRecord) -> Now:
    return Now(
        live=None if record.live is None else values_of(record.live, record.entry_owners),
        config=None if record.config is None else values_of(record.config, record.entry_owners),
        autostart=record.autostart,
    )


def values(record: NetworkRecord, known: Object) -> dict[str, Any]:
    """The network's values, spelled as ``known``. Where live and persistent differ, the one that is not as known."""
    seen = now(record)
    meant = fold(known)
    found = telling(NETWORK, [fold(part) for part in (seen.config, seen.live) if part is not None], meant)
    found |= {"autostart": record.autostart, "active": record.live is not None}
    return {name: known.get(name) if same(value, meant.get(name)) else value for name, value in found.items()}
