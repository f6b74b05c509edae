"""Putting a NIC into a running guest and into its definition, changing it there, and taking it out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Set
from contextlib import suppress
from xml.etree import ElementTree as ET

from kvmplan_libvirt.api import Affect, Domain
from kvmplan_libvirt.interface.changes import AT_NEXT_START, mechanisms
from kvmplan_libvirt.interface.xml import document, document_anew, values_of
from kvmplan_libvirt.inventory import DomainRecord, Nic, domain_record, nic_with
from kvmplan_libvirt.mechanism import NEXT_START, REPLUG, Mechanism
from kvmplan_libvirt.nwfilter.meaning import detour, only_reordered
from kvmplan_libvirt.spelling import same
from kvmplan_sdk import DiagnosticError, Object, error

UNPLUG_DEADLINE = 30.0
"""Seconds a guest gets to let go of a NIC; one that is still booting does not answer at all."""
_ASK_AGAIN = 6.0
_POLL = 0.1


def parts(record: DomainRecord) -> Iterator[tuple[Affect, ET.Element]]:
    """The guest as it runs and as it is defined, where there is such."""
    if record.live is not None:
        yield Affect.LIVE, record.live
    if record.config is not None:
        yield Affect.CONFIG, record.config


def plug(domain: Domain, record: DomainRecord, wanted: Object) -> None:
    """Into whichever of guest and definition does not have it, with one call where both are told the same."""
    lacking = [affect for affect, element in parts(record) if nic_with(str(wanted["mac"]), "", element) is None]
    told: dict[str, int] = {}
    for affect in lacking:
        said = document(_for_guest(record, wanted) if affect is Affect.LIVE else wanted)
        told[said] = told.get(said, 0) | affect
    for said, affects in told.items():
        domain.attachDeviceFlags(said, affects)


def _for_guest(record: DomainRecord, wanted: Object) -> Object:
    """What a running guest is told: not what waits for its next start, if there is a definition to say that."""
    return wanted if record.config is None else {**wanted, **dict.fromkeys(AT_NEXT_START)}


def change(domain: Domain, record: DomainRecord, wanted: Object, version: int) -> None:
    """Each of guest and definition as wanted. The guest comes first: what it refuses is not written down."""
    live = nic_with(str(wanted["mac"]), record.name, record.live)
    config = nic_with(str(wanted["mac"]), record.name, record.config)
    if live is not None:
        values = values_of(live, wanted)
        waiting = {name: values[name] for name in AT_NEXT_START} if config is not None else {}
        said = {**wanted, **waiting}
        how = set(mechanisms(values, said, version))
        if how and only_reordered(values["filterref"], said["filterref"]):
            domain.updateDeviceFlags(
                document({**said, "filterref": detour(said["filterref"])}, live.element), Affect.LIVE
            )
        _change_live(domain, live, said, how)
    if config is not None and not same(values_of(config, wanted), wanted):
        _change_definition(domain, config, wanted)


def _change_live(domain: Domain, live: Nic, said: Object, found: Set[Mechanism]) -> None:
    if found & {REPLUG, NEXT_START}:
        _plug_again(domain, live, said)
    elif found:
        domain.updateDeviceFlags(document(said, live.element), Affect.LIVE)


def _plug_again(domain: Domain, live: Nic, said: Object) -> None:
    """Raises libvirt's error when it does not take the new NIC; then the guest has the old one back, if that can be."""
    import libvirt

    unplug(domain, live)
    try:
        domain.attachDeviceFlags(document_anew(said, live), Affect.LIVE)
    except libvirt.libvirtError:
        with suppress(libvirt.libvirtError):
            domain.attachDeviceFlags(document_anew(values_of(live, {}), live), Affect.LIVE)
        raise


def _change_definition(domain: Domain, config: Nic, wanted: Object) -> None:
    """A device is found by its place and alias, where a document says them: to change these takes a new one."""
    said = values_of(config, wanted)
    if all(same(said[name], wanted.get(name)) for name in ("alias", "address")):
        domain.updateDeviceFlags(document(wanted, config.element), Affect.CONFIG)
    else:
        domain.detachDeviceFlags(config.text, Affect.CONFIG)
        domain.attachDeviceFlags(document(wanted, config.element), Affect.CONFIG)


def unplug(domain: Domain, nic: Nic) -> None:
    """Take the NIC out of the running guest, which does it in its own time and may need to be asked again."""
    import libvirt

    try:
        domain.detachDeviceFlags(nic.text, Affect.LIVE)
    except libvirt.libvirtError:
        if _has(domain, nic):  # or else it has just let go, as it was asked to before
            raise
    started = asked = time.monotonic()
    while _has(domain, nic):
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


def _has(domain: Domain, nic: Nic) -> bool:
    return bool(domain.isActive()) and nic_with(nic.mac, nic.domain, domain_record(domain).live) is not None
