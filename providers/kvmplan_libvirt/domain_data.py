"""The data sources ``libvirt_domain`` and ``libvirt_domains``: what guests are and where their NICs are, read only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Attribute, Diagnostic, DiagnosticError, Object, ObjectSchema, Path, error
from kvmplan_sdk.schema import BOOL, STRING
from kvmplan_sdk.types import ListType, ObjectType

_NIC = ("mac", "network", "bridge", "model", "target")
_STATES = ("none", "running", "blocked", "paused", "shutdown", "shutoff", "crashed", "suspended")

DOMAIN = ObjectSchema(
    doc="A domain of the host.",
    attributes={
        "name": Attribute(type=STRING, doc="Name of the domain.", required=True),
        "uuid": Attribute(type=STRING, doc="UUID of the domain.", computed=True, read_only=True),
        "active": Attribute(type=BOOL, doc="Whether the guest runs.", computed=True, read_only=True),
        "state": Attribute(
            type=STRING, doc=f"One of {', '.join(f'`{state}`' for state in _STATES)}.", computed=True, read_only=True
        ),
        "interfaces": Attribute(
            type=ListType(ObjectType(dict.fromkeys(_NIC, STRING))),
            doc=(
                "Its NICs: `mac`, `network` or `bridge`, `model`, and `target`, the name of the tap on the host, which "
                "is null while the guest does not run."
            ),
            computed=True,
            read_only=True,
        ),
    },
)


DOMAINS = ObjectSchema(
    doc="The domains of the host.",
    attributes={
        "active": Attribute(type=BOOL, doc="Only those that run (true), or only those that do not (false)."),
        "names": Attribute(type=ListType(STRING), doc="Their names, sorted.", computed=True, read_only=True),
    },
)


def read_domains(_reach: Reach, inventory: Inventory, configuration: Object) -> Mapping[str, Any]:
    wanted = configuration.get("active")
    records = inventory.domains.values()
    names = sorted(record.name for record in records if wanted is None or record.running is wanted)
    return {**configuration, "names": names}


def read_domain(_reach: Reach, inventory: Inventory, configuration: Object) -> Mapping[str, Any]:
    name = str(configuration["name"])
    record = inventory.domains.get(name)
    if record is None:
        raise DiagnosticError(no_domain(name, inventory, ("name",)))
    return {
        "name": name,
        "uuid": record.uuid,
        "active": record.running,
        "state": _STATES[record.state],
        "interfaces": [{field: getattr(nic, field) for field in _NIC} for nic in record.nics()],
    }


def no_domain(name: str, inventory: Inventory, path: Path) -> Diagnostic:
    there = ", ".join(sorted(inventory.domains)) or "none"
    return error(f"There is no domain {name}", f"Domains on this host: {there}.", path=path)
