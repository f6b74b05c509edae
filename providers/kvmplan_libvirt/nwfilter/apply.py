"""Defining filters and removing them. libvirt makes the rules of the guests that use one anew with the same call, or
leaves everything as it was.
"""

from __future__ import annotations

from kvmplan_libvirt.errors import calling
from kvmplan_libvirt.nwfilter.meaning import same
from kvmplan_libvirt.nwfilter.plan import complete_rest, own_uuid
from kvmplan_libvirt.nwfilter.xml import document, values_of
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import DiagnosticError, Object, Operation, error


def put(reach: Reach, operation: Operation) -> Object:
    """The filter as planned. One that is there is changed if it is ours, so a run that was cut short can go on."""
    assert operation.after is not None
    wanted = complete_rest(operation.after, reach, operation.address)
    with calling(f"Filter {wanted['name']}"):
        existing = reach.inventory.filters.take(str(wanted["uuid"]).lower())
        element = None if existing is None else existing[1].element
        if element is None or not same(values_of(element), wanted):
            if element is not None and operation.before is None:
                _refuse_foreign(reach, operation.address, wanted)
            reach.connection.nwfilterDefineXML(document(wanted, element))
    return wanted


def delete(reach: Reach, operation: Operation) -> None:
    assert operation.before is not None
    uuid, name = str(operation.before["uuid"]), operation.before["name"]
    with calling(f"Removing filter {name}"):
        existing = reach.inventory.filters.take(uuid.lower())
        if existing is not None:
            existing[0].undefine()


def _refuse_foreign(reach: Reach, address: str, wanted: Object) -> None:
    if wanted["uuid"] != own_uuid(reach, address, str(wanted["name"])):
        raise DiagnosticError(
            error(
                f"Filter {wanted['name']} is not ours",
                f"Somebody made a filter with the UUID {wanted['uuid']} since the plan was made. Remove it "
                f"(`virsh nwfilter-undefine {wanted['uuid']}`), or choose another `uuid`.",
            )
        )
