"""The resources of this provider, and what a change of each attribute disturbs."""

from __future__ import annotations

from kvmplan_nftables.objects import INTERFACE, PROTOCOLS
from kvmplan_sdk import Attribute, Impact, ImpactLevel, ObjectSchema, ProviderSchema, Value
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.validators import cidr, ip_address, one_of, port


def _interface(value: Value) -> str | None:
    if INTERFACE.fullmatch(str(value)):
        return None
    return f"{value!r} is not an interface name that nft takes as it is: letters, digits and . _ - @, at most 15."


def _part(value: Value) -> str | None:
    return f"{value!r} is every address; write the subnet of the guests." if str(value).endswith("/0") else None


MASQUERADE = ObjectSchema(
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
            validators=(_interface,),
        ),
    },
)

PORT_FORWARD = ObjectSchema(
    doc=(
        "Forwards a port of the host to a guest: for clients outside, whose address the guest sees; for the host "
        "itself; and for guests that ask by the host's address. Addresses 127.0.0.0/8 and ::1 stay the host's own."
    ),
    attributes={
        "protocol": Attribute(type=STRING, doc="`tcp` or `udp`.", default="tcp", validators=(one_of(*PROTOCOLS),)),
        "port": Attribute(type=NUMBER, doc="The port of the host.", required=True, validators=(port,)),
        "address": Attribute(
            type=STRING,
            doc="The address of the host to answer on. Left out: every one. It wins over a forward without.",
            validators=(ip_address,),
        ),
        "target": Attribute(type=STRING, doc="The guest's address.", required=True, validators=(ip_address,)),
        "target_port": Attribute(
            type=NUMBER, doc="The guest's port. Left out: the same as `port`.", computed=True, validators=(port,)
        ),
    },
)

SCHEMA = ProviderSchema(resources={"nftables_masquerade": MASQUERADE, "nftables_port_forward": PORT_FORWARD})

_REROUTES = Impact(
    ImpactLevel.LIVE,
    why="new connections take the changed way; established ones go on as they are",
    steps=("nft -f",),
)
IMPACTS: dict[str, dict[str, Impact]] = {
    name: dict.fromkeys(resource.attributes, _REROUTES) for name, resource in SCHEMA.resources.items()
}
"""By type and attribute. New objects disturb nobody."""

REMOVAL = Impact(
    ImpactLevel.LIVE,
    why="new connections are no longer translated; established ones end with the table, when this is its last entry",
    steps=("nft -f",),
)
