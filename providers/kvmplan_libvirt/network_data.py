"""The data sources ``libvirt_network``, ``libvirt_networks`` and ``libvirt_dhcp_leases``: read only, of any owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kvmplan_libvirt.errors import calling, found
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.plain import interfaces
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Attribute, Diagnostic, DiagnosticError, Object, ObjectSchema, error
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import ListType, ObjectType

_LEASE = {"mac": STRING, "address": STRING, "hostname": STRING, "prefix": NUMBER}

NETWORK = ObjectSchema(
    doc="A network of the host, whoever made it.",
    attributes={
        "name": Attribute(type=STRING, doc="Name of the network.", required=True),
        "uuid": Attribute(type=STRING, doc="UUID of the network.", computed=True, read_only=True),
        "mode": Attribute(type=STRING, doc="How guests reach the outside.", computed=True, read_only=True),
        "bridge": Attribute(type=STRING, doc="Name of its bridge, or null.", computed=True, read_only=True),
        "mac": Attribute(
            type=STRING, doc="MAC address of libvirt's own bridge, or null.", computed=True, read_only=True
        ),
        "mtu": Attribute(type=NUMBER, doc="MTU, or null where none is set.", computed=True, read_only=True),
        "domain": Attribute(type=STRING, doc="Its DNS domain, or null.", computed=True, read_only=True),
        "addresses": Attribute(
            type=ListType(STRING),
            doc="The host's addresses on it, with the length of their prefix.",
            computed=True,
            read_only=True,
        ),
        "active": Attribute(type=BOOL, doc="Whether it runs.", computed=True, read_only=True),
        "autostart": Attribute(type=BOOL, doc="Whether the host starts it at boot.", computed=True, read_only=True),
    },
)
NETWORKS = ObjectSchema(
    doc="The networks of the host.",
    attributes={"names": Attribute(type=ListType(STRING), doc="Their names, sorted.", computed=True, read_only=True)},
)
LEASES = ObjectSchema(
    doc="The addresses that a network's DHCP service has given out.",
    attributes={
        "network": Attribute(type=STRING, doc="Name of the network.", required=True),
        "mac": Attribute(type=STRING, doc="Only the leases of this MAC address."),
        "leases": Attribute(
            type=ListType(ObjectType(_LEASE)),
            doc="`mac`, `address`, `prefix` and `hostname` (or null) of each, sorted by address.",
            computed=True,
            read_only=True,
        ),
    },
)


def read_network(_reach: Reach, inventory: Inventory, configuration: Object) -> Mapping[str, Any]:
    name = str(configuration["name"])
    record = inventory.network_named(name)
    if record is None:
        raise DiagnosticError(_no_network(name, inventory, "name"))
    values = values_of(record.live if record.live is not None else record.any)
    return {
        "name": name,
        "uuid": record.uuid,
        "bridge": values["bridge"]["name"],
        "domain": (values["domain"] or {}).get("name"),
        "addresses": [str(address) for _, address in interfaces(values)],
        "active": record.live is not None,
        "autostart": record.autostart,
        **{field: values[field] for field in ("mode", "mac", "mtu")},
    }


def read_networks(_reach: Reach, inventory: Inventory, _configuration: Object) -> Mapping[str, Any]:
    return {"names": sorted(record.name for record in inventory.networks.values())}


def read_leases(reach: Reach, inventory: Inventory, configuration: Object) -> Mapping[str, Any]:
    name, mac = str(configuration["network"]), configuration.get("mac")
    with calling(f"Listing the leases of network {name}"):
        network = found(lambda: reach.connection.networkLookupByName(name))
        if network is None:
            raise DiagnosticError(_no_network(name, inventory, "network"))
        listed = network.DHCPLeases(None if mac is None else str(mac)) if network.isActive() else ()
    leases = [
        {
            "mac": lease["mac"],
            "address": lease["ipaddr"],
            "hostname": lease["hostname"],
            "prefix": lease["prefix"],
        }
        for lease in listed
    ]
    return {**configuration, "leases": sorted(leases, key=lambda lease: str(lease["address"]))}


def _no_network(name: str, inventory: Inventory, attribute: str) -> Diagnostic:
    there = ", ".join(sorted(record.name for record in inventory.networks.values())) or "none"
    return error(f"There is no network {name}", f"Networks on this host: {there}.", path=(attribute,))
