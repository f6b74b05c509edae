"""``libvirt_dhcp_leases``: the addresses that a network's DHCP service has given out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from kvmplan_libvirt.addresses.book import Lease
from kvmplan_libvirt.addresses.given import leases_on
from kvmplan_libvirt.data.told import called, told
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.plain import text
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Attribute, Object, ObjectSchema
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.types import ListType, ObjectType
from kvmplan_sdk.validators import mac_address

_TEXTS = ("mac", "address", "hostname", "expires", "client_id", "iaid")

LEASES = ObjectSchema(
    doc="The addresses that a network's DHCP service has given out.",
    attributes={
        "network": Attribute(type=STRING, doc="The network, by name or UUID.", required=True),
        "mac": Attribute(type=STRING, doc="Only the leases of this MAC address.", validators=(mac_address,)),
        "leases": told(
            ListType(ObjectType({**dict.fromkeys(_TEXTS, STRING), "prefix": NUMBER})),
            "`mac`, `address`, `prefix`, `hostname`, `expires` (a time as `timecmp` takes it, or null: never), "
            "`client_id` and `iaid` (of IPv6) of each, sorted by address; null where the guest did not say.",
        ),
    },
)


def read_leases(_reach: Reach, inventory: Inventory, configuration: Object) -> Object:
    network = called("network", inventory.networks.values(), str(configuration["network"]), ("network",))
    mac = (text(configuration, "mac") or "").lower()
    listed = leases_on(inventory, network.name)
    return {**configuration, "leases": [_told(lease) for lease in listed if mac in {"", lease.mac}]}


def _told(lease: Lease) -> dict[str, Any]:
    expires = datetime.fromtimestamp(lease.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if lease.expires else None
    return {
        "mac": lease.mac,
        "address": lease.address,
        "prefix": lease.prefix,
        "hostname": lease.hostname,
        "expires": expires,
        "client_id": lease.client_id,
        "iaid": lease.iaid,
    }
