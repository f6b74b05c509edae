"""Carrying out what is planned for a NIC: it is ours, it is tagged, it is as planned, its tap is where it belongs."""

from __future__ import annotations

from kvmplan_libvirt.api import METADATA_ELEMENT, Affect, Domain
from kvmplan_libvirt.errors import calling
from kvmplan_libvirt.interface.plan import complete_rest
from kvmplan_libvirt.interface.plugging import change, parts, plug, unplug
from kvmplan_libvirt.interface.tap import put_back
from kvmplan_libvirt.inventory import DomainRecord, domain_record, nic_with
from kvmplan_libvirt.ownership import KEY, URI, Owner, interfaces_metadata
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import DiagnosticError, Object, Operation, error


def put(reach: Reach, operation: Operation) -> Object:
    """The NIC as planned, in whichever of guest and definition it is not yet so."""
    import libvirt

    assert operation.after is not None
    wanted = complete_rest(operation.after, reach.seed(operation.address))
    name, mac = reach.inventory.name_of_domain(str(wanted["domain"])), str(wanted["mac"])
    with calling(f"NIC {mac} of domain {name}"):
        domain, record = _domain(reach, name)
        _refuse_foreign(reach, operation, record, mac)
        tagged = _without_stale(record, reach.lineage) - record.owners_of(mac)
        tagged |= {reach.owner(operation.address, mac.lower())}
        _tag(domain, record, record.owners, tagged)
        try:
            plug(domain, record, wanted)
        except libvirt.libvirtError:
            if not _has(domain_record(domain), mac):  # what is plugged in all the same stays ours
                _tag(domain, record, tagged, record.owners)
            raise
        change(domain, record, wanted, reach.version)
        put_back(reach, nic_with(mac, name, domain_record(domain).live))
    return wanted


def delete(reach: Reach, operation: Operation) -> None:
    assert operation.before is not None
    name, mac = reach.inventory.name_of_domain(str(operation.before["domain"])), str(operation.before["mac"])
    with calling(f"Taking NIC {mac} out of domain {name}"):
        taken = reach.inventory.domains.take(name)
        if taken is None:
            return
        domain, record = taken
        _refuse_foreign(reach, operation, record, mac)
        if (live := nic_with(mac, name, record.live)) is not None:
            unplug(domain, live)
        if (config := nic_with(mac, name, record.config)) is not None:
            domain.detachDeviceFlags(config.text, Affect.CONFIG)
        _tag(domain, record, record.owners, _without_stale(record, reach.lineage) - record.owners_of(mac))


def _domain(reach: Reach, name: str) -> tuple[Domain, DomainRecord]:
    taken = reach.inventory.domains.take(name)
    if taken is None:
        raise DiagnosticError(
            error(f"There is no domain {name}", "It was removed since the plan was made. Plan again.")
        )
    return taken


def _has(record: DomainRecord, mac: str) -> bool:
    return any(nic_with(mac, record.name, element) for element in (record.live, record.config))


def _refuse_foreign(reach: Reach, operation: Operation, record: DomainRecord, mac: str) -> None:
    tags = record.owners_of(mac)
    ours = any(reach.owns(tags, address, mac.lower()) for address in {operation.address, operation.tagged})
    if _has(record, mac) and not ours:
        raise DiagnosticError(
            error(
                f"NIC {mac.lower()} of domain {record.name} is not ours",
                f"It does not carry the tag of {operation.address} in this state, so it is neither changed nor "
                "removed. Choose another MAC address, or take the NIC out of the domain.",
            )
        )


def _without_stale(record: DomainRecord, lineage: str) -> frozenset[Owner]:
    """The tags in ``record`` without ours of NICs that it does not have: what took them out was cut short then."""
    return frozenset(owner for owner in record.owners if owner.lineage != lineage or _has(record, owner.mac))


def _tag(domain: Domain, record: DomainRecord, before: frozenset[Owner], after: frozenset[Owner]) -> None:
    """List our NICs in the domain's metadata, live and persistent alike."""
    if before != after:
        flags = sum(affect for affect, _ in parts(record))
        domain.setMetadata(METADATA_ELEMENT, interfaces_metadata(after), KEY, URI, flags)
