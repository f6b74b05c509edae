"""NICs that are there already, whoever plugged them in: taken in as ``DOMAIN/MAC`` or ``DOMAIN/TAP``, and found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kvmplan_libvirt.addresses.book import Source
from kvmplan_libvirt.addresses.given import tells
from kvmplan_libvirt.interface.source import KINDS
from kvmplan_libvirt.interface.xml import values_of
from kvmplan_libvirt.inventory import DomainRecord, Inventory, Nic, nic_with, nics_of
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.spelling import same
from kvmplan_libvirt.taking_over import refuse_anothers
from kvmplan_sdk import Diagnostic, DiagnosticError, Discovered, Observed, error


def imported(inventory: Inventory, reach: Reach, identifier: str) -> Observed:
    """Its domain is called as in ``identifier``: to call it otherwise is to plug the NIC in anew."""
    name, slash, nic_name = identifier.rpartition("/")
    record = inventory.domain(name) if slash else None
    if record is None:
        raise DiagnosticError(_no_domain(identifier, name, inventory))
    nic = _nic(record, nic_name)
    untag = f"`virsh metadata {record.name} --uri urn:kvmplan:owner:1 --remove --config --live`"
    refuse_anothers(reach, record.owners_of(nic.mac), f"NIC {nic.mac} of domain {record.name}", untag)
    observed = tells(inventory, record, nic.mac, Source.LEASE)
    return Observed(values=_as_it_is(record, nic) | observed | {"domain": name})


def _no_domain(identifier: str, name: str, inventory: Inventory) -> Diagnostic:
    there = ", ".join(sorted(inventory.domains)) or "none"
    said = f"There is no domain {name}" if name else f"{identifier} names no NIC"
    detail = "Give DOMAIN/MAC or DOMAIN/TAP, the domain by name or UUID. Domains on this host"
    return error(said, f"{detail}: {there}.")


def _nic(record: DomainRecord, name: str) -> Nic:
    """The NIC with the MAC address or tap ``name``. Raises `DiagnosticError` where it is not one, wholly there, that
    the resource can describe.
    """
    found = [nic for nic in _nics(record) if name.lower() == nic.mac or name == nic.target]
    if not found:
        there = ", ".join(nic.mac for nic in _nics(record)) or "none"
        raise DiagnosticError(error(f"Domain {record.name} has no NIC {name}", f"NICs of the domain: {there}."))
    problem = _in_the_way(record, found)
    if problem is not None:
        raise DiagnosticError(problem)
    return found[0]


def _nics(record: DomainRecord) -> list[Nic]:
    """Those of the guest as it runs, and those that are only in its definition."""
    running = list(nics_of(record.name, record.live))
    macs = {nic.mac for nic in running}
    return [*running, *(nic for nic in nics_of(record.name, record.config) if nic.mac not in macs)]


def _in_the_way(record: DomainRecord, found: list[Nic]) -> Diagnostic | None:
    """What keeps a NIC from being taken in. ``found``: those of one name."""
    nic = found[0]
    what = f"NIC {nic.mac} of domain {record.name}"
    type_ = nic.element.get("type", "")
    if len(found) > 1:
        return error(
            f"Domain {record.name} has {len(found)} NICs {nic.mac}",
            "A NIC is known by its MAC address, so they cannot be told apart: give each its own first.",
        )
    if type_ not in KINDS:
        return error(
            f"{what} is of the type {type_}",
            f"kvmplan describes those of the types {', '.join(KINDS)}. It stays as it is.",
        )
    for part, where in ((record.live, "the running guest"), (record.config, "the domain's definition")):
        if part is not None and nic_with(nic.mac, record.name, part) is None:
            return error(
                f"{what} is not in {where}",
                "It is plugged in or out by halves. Attach it there too, or detach it where it is (`virsh "
                "attach-device`, `virsh detach-device`, with --live or --config), and try again.",
            )
    return None


def _as_it_is(record: DomainRecord, nic: Nic) -> dict[str, Any]:
    """As the guest has it. What it has of its network is told from what is its own by the definition."""
    config = nic_with(nic.mac, record.name, record.config)
    return values_of(nic, {} if config is None else values_of(config, {}))


def discovered(inventory: Inventory, _reach: Reach) -> Iterator[Discovered]:
    for _, record in sorted(inventory.domains.items()):
        count = len(_nics(record))
        for number, nic in enumerate(_nics(record)):
            owner = min(record.owners_of(nic.mac), default=None)
            yield Discovered(
                type="libvirt_interface",
                identifier=f"{record.name}/{nic.mac}",
                identity={"domain": (record.name, record.uuid), "mac": nic.mac},
                name=record.name if count == 1 else f"{record.name}_{number}",
                lineage=owner.lineage if owner else "",
                address=owner.address if owner else "",
                note=_note(record, nic),
            )


def _note(record: DomainRecord, nic: Nic) -> str:
    config = nic_with(nic.mac, record.name, record.config)
    if config is None or record.live is None:
        return ""
    defined, has = values_of(config, {}), _as_it_is(record, nic)
    changed = ", ".join(sorted(name for name in has if not same(has[name], defined[name])))
    return changed and f"The guest has it otherwise than it is defined ({changed}); the first apply defines it so."
