"""Carrying a network's changes out. What fails is put back as it was, as far as libvirt lets us."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

from kvmplan_libvirt.api import Affect, Label, Network
from kvmplan_libvirt.errors import calling
from kvmplan_libvirt.inventory import NetworkRecord, network_record
from kvmplan_libvirt.network.changes import Action, Autostart, Define, Describe, Restart, Start, Stop, Update, actions
from kvmplan_libvirt.network.plan import complete_rest
from kvmplan_libvirt.network.read import is_adrift, now
from kvmplan_libvirt.network.start import clear, start
from kvmplan_libvirt.network.taps import attach_again, attached_to
from kvmplan_libvirt.network.xml import document
from kvmplan_libvirt.plain import is_on
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import DiagnosticError, Object, Operation, error


def put(reach: Reach, operation: Operation) -> Object:
    """The network as planned. An existing one is changed if it is ours, so a run that was cut short can go on."""
    assert operation.after is not None
    wanted = complete_rest(operation.after, reach.seed(operation.address))
    what = f"Network {wanted['name']}"
    with calling(what):
        existing = reach.inventory.networks.take(str(wanted["uuid"]).lower())
        if existing is None:
            _create(reach, operation.address, wanted)
        else:
            network, record = existing
            _refuse_foreign(reach, operation, record)
            _carry_out(reach, operation.address, network, record, wanted)
    return wanted


def delete(reach: Reach, operation: Operation) -> None:
    assert operation.before is not None
    uuid, name = str(operation.before["uuid"]).lower(), operation.before["name"]
    with calling(f"Removing network {name}"):
        existing = reach.inventory.networks.take(uuid)
        if existing is None:
            return
        network, record = existing
        _refuse_foreign(reach, operation, record)
        if record.live is not None:
            network.destroy()
        else:
            clear(reach.kernel, record.any)
        if record.config is not None:
            network.undefine()


def _refuse_foreign(reach: Reach, operation: Operation, record: NetworkRecord) -> None:
    if not any(reach.owns(record.owners, address) for address in (operation.address, operation.tagged)):
        raise DiagnosticError(
            error(
                f"Network {record.name} is not ours",
                f"It does not carry the tag of {operation.tagged} in this state, so it is neither changed nor removed. "
                "Somebody made or changed it by hand. Remove it (`virsh net-undefine`), or choose another name.",
            )
        )


def _create(reach: Reach, address: str, wanted: Object) -> None:
    network = reach.connection.networkDefineXML(document(wanted, reach.owner(address)))
    try:
        if is_on(wanted, "active"):
            start(reach, network)
        network.setAutostart(int(is_on(wanted, "autostart")))
    except BaseException:
        if network.isActive():
            network.destroy()
        network.undefine()
        raise


def _carry_out(reach: Reach, address: str, network: Network, record: NetworkRecord, wanted: Object) -> None:
    todo = list(actions(replace(now(record), adrift=is_adrift(reach.inventory, record)), wanted))
    if record.owner != reach.owner(address) and not any(isinstance(action, (Define, Restart)) for action in todo):
        todo.append(Define())
    for action in todo:
        _do(reach, address, network, record, wanted, action)


def _do(reach: Reach, address: str, network: Network, record: NetworkRecord, wanted: Object, action: Action) -> None:
    match action:
        case Update(command, section, parent, xml, affect):
            network.update(command, section, parent, xml, affect)
        case Define():
            reach.connection.networkDefineXML(document(wanted, reach.owner(address), record.any))
        case Stop():
            network.destroy()
        case Start():
            guests = attached_to(reach, network, record)
            start(reach, network, guests.taps)
            attach_again(reach, network, network_record(network), guests)
        case Restart():
            _restart(reach, network, record, document(wanted, reach.owner(address), record.any))
        case Autostart(on):
            network.setAutostart(int(on))
        case Describe(label, text, affect):
            _describe(network, label, text, affect)


def _restart(reach: Reach, network: Network, record: NetworkRecord, definition: str) -> None:
    """Stop and start with the new definition; if it does not start, the old one runs again before the error is told."""
    import libvirt

    guests = attached_to(reach, network, record)
    network.destroy()
    try:
        # Again, though libvirt has it: its test driver drops what was defined while a network ran.
        reach.connection.networkDefineXML(definition)
        start(reach, network, guests.taps)
    except libvirt.libvirtError:
        if record.config is not None:
            reach.connection.networkDefineXML(ET.tostring(record.config, encoding="unicode"))
            start(reach, network, guests.taps)
            attach_again(reach, network, network_record(network), guests)
        raise
    attach_again(reach, network, network_record(network), guests)


def _describe(network: Network, label: Label, text: str | None, affect: Affect) -> None:
    if not hasattr(network, "setMetadata"):
        raise DiagnosticError(
            error(
                f"libvirt-python is too old to change a network's {label.name.lower()}",
                "The host's libvirt can; the one on the machine where kvmplan runs needs to be 9.7 or later, too.",
                path=(label.name.lower(),),
            )
        )
    network.setMetadata(label, text, None, None, affect)
