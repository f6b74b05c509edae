"""Reading a NIC: in the running guest and in its definition, told as one."""

from __future__ import annotations

from kvmplan_libvirt.addresses.given import tells
from kvmplan_libvirt.addresses.table import source_of
from kvmplan_libvirt.interface.changes import AT_NEXT_START
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.interface.plan import complete_rest
from kvmplan_libvirt.interface.tap import is_loose
from kvmplan_libvirt.interface.xml import values_of
from kvmplan_libvirt.inventory import DomainRecord, Inventory, nic_with
from kvmplan_libvirt.ownership import Owner
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.reconcile import Told, telling
from kvmplan_sdk import UNKNOWN, Known, Object, Observed


def read(inventory: Inventory, reach: Reach, known: Known) -> Observed | None:
    wanted = complete_rest(known.values, reach.seed(known.address))
    record = inventory.domain(str(wanted["domain"]))
    told = None if record is None else _told(record, wanted)
    if told is None:
        record = _renamed(inventory, reach.owner(known.address, str(wanted["mac"]).lower()))
        told = None if record is None else _told(record, {**wanted, "domain": record.name})
    if record is None or told is None:
        return None
    found = told.values
    nic = nic_with(str(wanted["mac"]), record.name, record.live)
    if is_loose(inventory, nic):
        found |= {"network": None, "bridge": None}
    found |= tells(inventory, record, str(wanted["mac"]), source_of(known.values))
    if known.values.get("addresses") in (None, UNKNOWN):
        found["wait_for_address"] = None  # the waiting was cut short, and is to be done
    mac = str(wanted["mac"]).lower()
    return Observed(values=found, private=told.private, owned=reach.owns(record.owners_of(mac), known.address, mac))


def _renamed(inventory: Inventory, owner: Owner) -> DomainRecord | None:
    """The one domain that lists a NIC as ``owner``'s: it had another name when the NIC was plugged in."""
    names = inventory.domains_tagged.get(owner, ())
    return inventory.domain(names[0]) if len(names) == 1 else None


def _told(record: DomainRecord, known: Object) -> Told | None:
    """The NIC with the MAC address of ``known``; None where the guest, as it runs or as it is defined, lacks it."""
    elements = [element for element in (record.config, record.live) if element is not None]
    nics = [nic_with(str(known["mac"]), record.name, element) for element in elements]
    parts = [values_of(nic, known) for nic in nics if nic is not None]
    if len(parts) < len(elements):
        return None
    first, *others = parts
    at_next_start = {name: first[name] for name in AT_NEXT_START}
    return telling(INTERFACE, [first, *(other | at_next_start for other in others)], known)
