"""``nftables_masquerade``: what leaves a subnet takes the host's address."""

from __future__ import annotations

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.parts import FAMILIES, interface_name, parse_interface, parse_network
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Rule
from kvmplan_sdk import Attribute, Object, ObjectSchema, Value
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.validators import cidr


def _part(value: Value) -> str | None:
    return f"{value!r} is every address; write the subnet of the guests." if str(value).endswith("/0") else None


SCHEMA = ObjectSchema(
    doc=(
        "Lets a subnet's guests reach the outside with the host's address (NAT). Give it to libvirt networks of mode "
        "`open`, whose packets libvirt leaves alone."
    ),
    attributes={
        "source": Attribute(
            type=STRING,
            doc="The guests' subnet in CIDR notation.",
            required=True,
            validators=(cidr, _part),
        ),
        "out_interface": Attribute(
            type=STRING,
            doc="Only what leaves by this interface. Left out: everything that leaves the subnet, whichever way.",
            validators=(interface_name,),
        ),
    },
)


def _pieces(values: Object, owner: Owner) -> tuple[Rule, ...]:
    del owner
    source, interface = parse_network(values["source"]), values.get("out_interface")
    family = FAMILIES[source.version]
    where = f"{family} daddr != {source}" if interface is None else f'oifname "{parse_interface(interface)}"'
    return (Rule("postrouting", f"{family} saddr {source} {where} masquerade"),)


MASQUERADE = Kind(schema=SCHEMA, pieces=_pieces)
