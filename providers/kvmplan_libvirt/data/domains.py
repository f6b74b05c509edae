"""``libvirt_domain`` and ``libvirt_domains``: guests, and where their NICs are."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

from kvmplan_libvirt.data.interfaces import ADDRESSES_FROM, NIC_DOC, NICS, nic_told, source_of
from kvmplan_libvirt.data.told import called, identity, meant, told
from kvmplan_libvirt.inventory import DomainRecord, Inventory
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Attribute, Object, ObjectSchema
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import ListType, ObjectType

_STATES = ("none", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "suspended")
_SHORT = ("name", "uuid", "active", "state", "persistent")
_STATE_DOC = f"One of {', '.join(f'`{state}`' for state in _STATES)}."

DOMAIN = ObjectSchema(
    doc="A domain of the host.",
    attributes={
        **identity("domain"),
        "addresses_from": ADDRESSES_FROM,
        "active": told(BOOL, "Whether the guest runs."),
        "state": told(STRING, _STATE_DOC),
        "persistent": told(BOOL, "Whether it is defined, and so is there after it was shut off."),
        "title": told(STRING, "Its title, or null."),
        "description": told(STRING, "Its description, or null."),
        "vcpus": told(NUMBER, "Its virtual processors."),
        "memory": told(NUMBER, "Its memory in KiB."),
        "agent": told(STRING, "Its guest agent: `connected`, `disconnected`, or null where it has no channel for one."),
        "interfaces": told(NICS, f"Its NICs: {NIC_DOC}"),
    },
)
DOMAINS = ObjectSchema(
    doc="The domains of the host.",
    attributes={
        "active": Attribute(type=BOOL, doc="Only those that run (true), or only those that do not (false)."),
        "network": Attribute(type=STRING, doc="Only those with a NIC on this network, by name or UUID."),
        "names": told(ListType(STRING), "Their names, sorted."),
        "domains": told(
            ListType(ObjectType({name: DOMAIN.attributes[name].type for name in _SHORT})),
            f"{', '.join(f'`{name}`' for name in _SHORT)} of each.",
        ),
    },
)


def read_domains(_reach: Reach, inventory: Inventory, configuration: Object) -> Object:
    active, network = configuration.get("active"), text(configuration, "network")
    if network is not None:
        network = called("network", inventory.networks.values(), network, ("network",)).name
    found = [
        _told(record)
        for record in sorted(inventory.domains.values(), key=lambda record: record.name)
        if active in {None, record.running}
        and (network is None or any(nic.network == network for nic in record.nics()))
    ]
    return {
        **configuration,
        "names": [domain["name"] for domain in found],
        "domains": [{name: domain[name] for name in _SHORT} for domain in found],
    }


def read_domain(_reach: Reach, inventory: Inventory, configuration: Object) -> Object:
    record = meant("domain", inventory.domains.values(), configuration)
    source = source_of(configuration)
    return {
        **_told(record),
        "addresses_from": configuration.get("addresses_from"),
        "interfaces": [nic_told(inventory, nic, source) for nic in record.nics()],
    }


def _told(record: DomainRecord) -> dict[str, Any]:
    element = record.live if record.live is not None else record.config
    assert element is not None
    return {
        "name": record.name,
        "uuid": record.uuid,
        "active": record.running,
        "state": _STATES[record.state],
        "persistent": record.config is not None,
        "title": element.findtext("title"),
        "description": element.findtext("description"),
        "vcpus": _number(element, "vcpu"),
        "memory": _number(element, "memory"),
        "agent": record.agent,
    }


def _number(element: ET.Element, tag: str) -> int | None:
    said = element.findtext(tag)
    return None if said is None else int(said)
