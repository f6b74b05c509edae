"""Plugging NICs in, moving them and taking them out, in the running guest and in its definition alike."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from kvmplan_libvirt.api import METADATA_ELEMENT, Affect, Domain
from kvmplan_libvirt.errors import calling
from kvmplan_libvirt.interface.changes import AT_NEXT_START, mechanisms
from kvmplan_libvirt.interface.model import LEFT_TO_LIBVIRT
from kvmplan_libvirt.interface.plan import complete_rest
from kvmplan_libvirt.interface.tap import put_back
from kvmplan_libvirt.interface.xml import document, document_anew, values_of
from kvmplan_libvirt.inventory import DomainRecord, Nic, domain_record, nic_with
from kvmplan_libvirt.mechanism import NEXT_START, REPLUG, Mechanism
from kvmplan_libvirt.ownership import KEY, URI, Owner, interfaces_metadata
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.spelling import same
from kvmplan_sdk import DiagnosticError, Object, Operation, error

UNPLUG_DEADLINE = 30.0
"""Seconds a guest gets to let go of a NIC; one that is still booting does not answer at all."""
_ASK_AGAIN = 6.0
_POLL = 0.1


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
            _plug(domain, record, wanted)
        except libvirt.libvirtError:
            if not _has(domain_record(domain), mac):  # what is plugged in all the same stays ours
                _tag(domain, record, tagged, record.owners)
            raise
        _change(domain, record, wanted, reach.version)
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
            _unplug(domain, live)
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


def _parts(record: DomainRecord) -> Iterator[tuple[Affect, Any]]:
    if record.live is not None:
        yield Affect.LIVE, record.live
    if record.config is not None:
        yield Affect.CONFIG, record.config


def _tag(domain: Domain, record: DomainRecord, before: frozenset[Owner], after: frozenset[Owner]) -> None:
    """List our NICs in the domain's metadata, live and persistent alike."""
    if before != after:
        flags = sum(affect for affect, _ in _parts(record))
        domain.setMetadata(METADATA_ELEMENT, interfaces_metadata(after), KEY, URI, flags)


def _plug(domain: Domain, record: DomainRecord, wanted: Object) -> None:
    mac = str(wanted["mac"])
    flags = sum(affect for affect, element in _parts(record) if nic_with(mac, record.name, element) is None)
    if flags:
        domain.attachDeviceFlags(document(wanted), flags)


def _change(domain: Domain, record: DomainRecord, wanted: Object, version: int) -> None:
    """Each of guest and definition as wanted. The guest comes first: what it refuses is not written down."""
    live = nic_with(str(wanted["mac"]), record.name, record.live)
    config = nic_with(str(wanted["mac"]), record.name, record.config)
    if live is not None:
        _change_live(domain, live, wanted, mechanisms(_kept(live, wanted, config), wanted, version))
    if config is not None and not same(values_of(config, wanted), wanted):
        _change_definition(domain, config, wanted)


def _kept(live: Nic, wanted: Object, config: Nic | None) -> Object:
    """What the NIC is in the guest; with a definition to say it, what waits for the next start is no difference."""
    waiting = {} if config is None else {name: wanted[name] for name in AT_NEXT_START}
    return values_of(live, wanted) | waiting


def _change_live(domain: Domain, live: Nic, wanted: Object, how: Iterable[Mechanism]) -> None:
    found = set(how)
    if found & {REPLUG, NEXT_START}:
        _replug(domain, live, wanted)
    elif found:
        said = {**wanted, **{name: values_of(live, wanted)[name] for name in AT_NEXT_START}}
        domain.updateDeviceFlags(document(said, live.element), Affect.LIVE)


def _replug(domain: Domain, live: Nic, wanted: Object) -> None:
    """Raises libvirt's error when it does not take the new NIC; then the guest has the old one back, if that can be."""
    import libvirt

    _unplug(domain, live)
    try:
        domain.attachDeviceFlags(document_anew(wanted, live), Affect.LIVE)
    except libvirt.libvirtError:
        with suppress(libvirt.libvirtError):
            domain.attachDeviceFlags(document_anew(values_of(live, {}), live), Affect.LIVE)
        raise


def _change_definition(domain: Domain, config: Nic, wanted: Object) -> None:
    """A device is found by its place and alias, where a document says them: to change these takes a new one."""
    said = values_of(config, wanted)
    if all(same(said[name], wanted.get(name)) for name in LEFT_TO_LIBVIRT):
        domain.updateDeviceFlags(document(wanted, config.element), Affect.CONFIG)
    else:
        domain.detachDeviceFlags(config.text, Affect.CONFIG)
        domain.attachDeviceFlags(document(wanted, config.element), Affect.CONFIG)


def _unplug(domain: Domain, nic: Nic) -> None:
    """Take the NIC out of the running guest, which does it in its own time and may need to be asked again."""
    import libvirt

    domain.detachDeviceFlags(nic.text, Affect.LIVE)
    started = asked = time.monotonic()
    while domain.isActive() and nic_with(nic.mac, nic.domain, domain_record(domain).live) is not None:
        passed = time.monotonic() - started
        if passed > UNPLUG_DEADLINE:
            raise DiagnosticError(
                error(
                    f"Guest {nic.domain} does not let go of NIC {nic.mac}",
                    f"It was asked {passed:.0f} s ago and still has it: its operating system does not answer ACPI or "
                    "PCI hot-plug requests, perhaps because it is still booting. Try again, or shut it off first.",
                )
            )
        if time.monotonic() - asked > _ASK_AGAIN:
            with suppress(libvirt.libvirtError):
                domain.detachDeviceFlags(nic.text, Affect.LIVE)
            asked = time.monotonic()
        time.sleep(_POLL)
