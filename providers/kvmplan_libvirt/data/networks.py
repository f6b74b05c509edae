"""``libvirt_network`` and ``libvirt_networks``: a network with all that its resource has, and which there are."""

from __future__ import annotations

from typing import Any

from kvmplan_libvirt.data.told import identity, meant, told
from kvmplan_libvirt.inventory import Inventory, NetworkRecord
from kvmplan_libvirt.network import model
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.plain import interfaces
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Attribute, Object, ObjectSchema
from kvmplan_sdk.schema import BOOL, STRING, type_of
from kvmplan_sdk.types import ListType, ObjectType

_RESOURCE = model.NETWORK.schema()
_TYPES = type_of(_RESOURCE).attributes
_SHORT = ("mode", "active", "autostart", "persistent", "addresses")

NETWORK = ObjectSchema(
    doc="A network of the host, whoever made it, as it runs; as it is defined while it does not.",
    attributes={
        **{name: told(one.type, one.doc) for name, one in _RESOURCE.attributes.items()},
        **{name: told(_TYPES[name], block.doc) for name, block in _RESOURCE.blocks.items()},
        "persistent": told(BOOL, "Whether it is there after the host's next start."),
        "addresses": told(ListType(STRING), "The host's addresses on it, with the length of their prefix."),
        **identity("network"),
    },
)
NETWORKS = ObjectSchema(
    doc="The networks of the host.",
    attributes={
        "active": Attribute(type=BOOL, doc="Only those that run (true), or only those that do not (false)."),
        "names": told(ListType(STRING), "Their names, sorted."),
        "networks": told(
            ListType(
                ObjectType(
                    {"name": STRING, "uuid": STRING, "bridge": STRING}
                    | {name: NETWORK.attributes[name].type for name in _SHORT}
                )
            ),
            f"`name`, `uuid`, `bridge` (its name), {', '.join(f'`{name}`' for name in _SHORT)} of each.",
        ),
    },
)


def read_network(_reach: Reach, inventory: Inventory, configuration: Object) -> Object:
    return _told(meant("network", inventory.networks.values(), configuration))


def read_networks(_reach: Reach, inventory: Inventory, configuration: Object) -> Object:
    wanted = configuration.get("active")
    records = sorted(inventory.networks.values(), key=lambda record: record.name)
    found = [_told(record) for record in records if wanted is None or (record.live is not None) is wanted]
    return {
        "active": wanted,
        "names": [network["name"] for network in found],
        "networks": [
            {name: network[name] for name in ("name", "uuid", *_SHORT)} | {"bridge": network["bridge"]["name"]}
            for network in found
        ],
    }


def _told(record: NetworkRecord) -> dict[str, Any]:
    values = values_of(record.live if record.live is not None else record.any)
    return {
        **values,
        "active": record.live is not None,
        "autostart": record.autostart,
        "persistent": record.config is not None,
        "addresses": [str(address) for _, address in interfaces(values)],
    }
