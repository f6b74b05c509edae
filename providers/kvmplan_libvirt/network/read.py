"""Reading a network: what runs and what is defined, told as one."""

from __future__ import annotations

from kvmplan_libvirt.inventory import Inventory, NetworkRecord
from kvmplan_libvirt.network.changes import Now
from kvmplan_libvirt.network.fold import fold
from kvmplan_libvirt.network.model import NETWORK, OWN_BRIDGE
from kvmplan_libvirt.network.plan import complete_rest
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.reconcile import telling
from kvmplan_libvirt.spelling import same
from kvmplan_sdk import Known, Observed


def read(inventory: Inventory, reach: Reach, known: Known) -> Observed | None:
    uuid = str(complete_rest(known.values, reach.seed(known.address))["uuid"])
    record = inventory.networks.get(uuid.lower())
    if record is None:
        return None
    owned = reach.owns(record.owners, known.address)
    seen, meant = now(record), fold(known.values)
    told = telling(NETWORK, [fold(part) for part in (seen.config, seen.live) if part is not None], meant)
    runs = record.live is not None and not is_adrift(inventory, record)
    found = told.values | {"autostart": record.autostart, "active": runs}
    values = {name: known.values.get(name) if same(value, meant.get(name)) else value for name, value in found.items()}
    return Observed(values=values, private=told.private, owned=owned)


def now(record: NetworkRecord) -> Now:
    return Now(
        live=None if record.live is None else values_of(record.live, record.entry_owners),
        config=None if record.config is None else values_of(record.config, record.entry_owners),
        autostart=record.autostart,
    )


def is_adrift(inventory: Inventory, record: NetworkRecord) -> bool:
    """Whether libvirt takes the network to run while its bridge is gone, which it does not notice."""
    bridge = None if record.live is None else record.live.find("bridge")
    if record.live is None or bridge is None or not inventory.bridge_of or bridge.get("name") in inventory.bridge_of:
        return False
    return values_of(record.live)["mode"] in OWN_BRIDGE and inventory.sees_libvirts
