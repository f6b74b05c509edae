"""Attributes that several kinds of address translation have."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan_nftables.nat.forward import PROTOCOLS
from kvmplan_nftables.parts import parse_interface, parse_net, parse_ports, valid
from kvmplan_sdk import Attribute, Value
from kvmplan_sdk.schema import BOOL, STRING
from kvmplan_sdk.types import ListType, SetType
from kvmplan_sdk.validators import cidr, one_of

_NETS = SetType(STRING)


def _part(value: Value) -> str | None:
    return f"{value!r} is every address; write the subnet of the guests." if str(value).endswith("/0") else None


SOURCE = Attribute(type=STRING, doc="The guests' subnet in CIDR notation.", required=True, validators=(cidr, _part))
SOURCES = Attribute(type=_NETS, doc="Only what comes from these addresses and subnets.", validators=(valid(parse_net),))
INTERFACE = Attribute(type=STRING, doc="Only what comes in by this interface.", validators=(valid(parse_interface),))
OUT_INTERFACE = Attribute(
    type=STRING,
    doc="Only what leaves by this interface. Left out: everything that leaves the subnet, whichever way.",
    validators=(valid(parse_interface),),
)
EXCEPT_DESTINATIONS = Attribute(
    type=_NETS,
    doc="Addresses and subnets that are asked with the guest's own address: those behind a tunnel, say.",
    validators=(valid(parse_net),),
)
PROTOCOL = Attribute(type=STRING, doc="`tcp`, `udp` or `sctp`.", validators=(one_of(*PROTOCOLS),))
PORTS = Attribute(
    type=ListType(STRING), doc='Ports and ranges asked for: `["80", "9000-9010"]`.', validators=(valid(parse_ports),)
)
FLAGS: Mapping[str, Attribute] = {
    "random": Attribute(type=BOOL, doc="Ports are chosen by a hash of the connection."),
    "fully_random": Attribute(type=BOOL, doc="Ports are chosen at random."),
    "persistent": Attribute(type=BOOL, doc="A client gets the same address for each connection."),
}
TO_PORTS = Attribute(
    type=STRING,
    doc='The host\'s ports to send from: `"1024-65535"`. What has no ports is translated without.',
    validators=(valid(parse_ports),),
)
