"""Reading a filter: it is ours when it has the UUID that we know."""

from __future__ import annotations

from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.nwfilter.meaning import respelled
from kvmplan_libvirt.nwfilter.plan import complete_rest
from kvmplan_libvirt.nwfilter.xml import values_of
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Known, Observed


def read(inventory: Inventory, reach: Reach, known: Known) -> Observed | None:
    wanted = complete_rest(known.values, reach, known.address)
    record = inventory.filters.get(str(wanted["uuid"]).lower())
    return None if record is None else Observed(values=respelled(values_of(record.element), wanted))
