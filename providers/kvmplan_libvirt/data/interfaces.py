"""``libvirt_interfaces``: the NICs of guests, all of the host or those of one domain or network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kvmplan_libvirt.addresses.book import Source
from kvmplan_libvirt.addresses.given import addresses_of
from kvmplan_libvirt.data.told import called, told
from kvmplan_libvirt.inventory import DomainRecord, Inventory, Nic
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Attribute, Object, ObjectSchema
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.types import ListType, ObjectType
from kvmplan_sdk.validators import mac_address, one_of

_TEXTS = ("domain", "mac", "type", "source", "network", "bridge", "portgroup", "model", "target", "link_state")
NICS = ListType(ObjectType({**dict.fromkeys(_TEXTS, STRING), "addresses": ListType(STRING)}))
NIC_DOC = (
    "`domain`, `mac`, `type` (`network`, `bridge`, `direct` and so on), `source` (what it is attached to), `network`, "
    "`portgroup`, `bridge`, `model`, `link_state`, `addresses`, and `target`, the name of its tap on the host, null "
    "while the guest does not run."
)
_SOURCE_NAMES = ("network", "bridge", "dev", "path")

ADDRESSES_FROM = Attribute(
    type=STRING,
    doc="Who is asked for addresses: `lease` (the network's DHCP service) unless said, `agent` of the guest, or `arp`.",
    validators=(one_of(*(source.value for source in Source)),),
)
INTERFACES = ObjectSchema(
    doc="The NICs of guests: of those that run as they run, of the others as they are defined.",
    attributes={
        "domain": Attribute(type=STRING, doc="Only those of this domain, by name or UUID."),
        "network": Attribute(type=STRING, doc="Only those on this network, by name or UUID."),
        "mac": Attribute(type=STRING, doc="Only the one with this MAC address.", validators=(mac_address,)),
        "addresses_from": ADDRESSES_FROM,
        "interfaces": told(NICS, f"{NIC_DOC} By domain, in the order that they have there."),
    },
)


def read_interfaces(_reach: Reach, inventory: Inventory, configuration: Object) -> Object:
    domain, network, mac = (text(configuration, name) for name in ("domain", "network", "mac"))
    domains: Sequence[DomainRecord] = list(inventory.domains.values())
    if domain is not None:
        domains = [called("domain", domains, domain, ("domain",))]
    if network is not None:
        network = called("network", inventory.networks.values(), network, ("network",)).name
    source = source_of(configuration)
    return {
        **configuration,
        "interfaces": [
            nic_told(inventory, nic, source)
            for record in domains
            for nic in record.nics()
            if network in {None, nic.network} and (mac is None or nic.mac == mac.lower())
        ],
    }


def source_of(configuration: Object) -> Source:
    return Source(text(configuration, "addresses_from") or Source.LEASE.value)


def nic_told(inventory: Inventory, nic: Nic, source: Source) -> dict[str, Any]:
    told_source, link = nic.element.find("source"), nic.element.find("link")
    said = {} if told_source is None else told_source.attrib
    return {
        "domain": nic.domain,
        "mac": nic.mac,
        "type": nic.element.get("type"),
        "source": next((said[name] for name in _SOURCE_NAMES if name in said), None),
        "network": nic.network,
        "bridge": nic.bridge,
        "portgroup": said.get("portgroup"),
        "model": nic.model,
        "target": nic.target,
        "link_state": "up" if link is None else link.get("state"),
        "addresses": list(addresses_of(inventory, nic, source)),
    }
