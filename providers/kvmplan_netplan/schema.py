"""The resource of this provider, and what a change of each attribute disturbs."""

from __future__ import annotations

import re

from kvmplan_netplan.functions import FUNCTIONS
from kvmplan_sdk import Attribute, Block, Impact, ImpactLevel, Nesting, ObjectSchema, ProviderSchema, Value
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import ListType, SetType
from kvmplan_sdk.validators import between, cidr, interface_address, ip_address, mac_address

FILE = "/etc/netplan/90-kvmplan.yaml"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,15}")


def _interface(value: Value) -> str | None:
    if _NAME.fullmatch(str(value)) and str(value) not in (".", "..", "lo"):
        return None
    return f"{value!r} is not an interface name that netplan takes: letters, digits and . _ -, at most 15."


def _interfaces(value: Value) -> str | None:
    return next(filter(None, map(_interface, value)), None) if isinstance(value, list) else None


def _addresses(value: Value) -> str | None:
    return next(filter(None, map(interface_address, value)), None) if isinstance(value, list) else None


def _servers(value: Value) -> str | None:
    return next(filter(None, map(ip_address, value)), None) if isinstance(value, list) else None


def _destination(value: Value) -> str | None:
    return None if value == "default" else cidr(value)


_ROUTES = Block(
    doc="A route by way of the bridge.",
    attributes={
        "to": Attribute(type=STRING, doc="A subnet, or `default`.", required=True, validators=(_destination,)),
        "via": Attribute(type=STRING, doc="The gateway's address.", required=True, validators=(ip_address,)),
    },
)
_NAMESERVERS = Block(
    doc="DNS for what is reached by way of the bridge.",
    nesting=Nesting.SINGLE,
    attributes={
        "addresses": Attribute(type=ListType(STRING), doc="The servers.", default=[], validators=(_servers,)),
        "search": Attribute(type=ListType(STRING), doc="The domains searched.", default=[]),
    },
)
_PARAMETERS = Block(
    doc="The bridge's own settings.",
    nesting=Nesting.GROUP,
    attributes={
        "stp": Attribute(type=BOOL, doc="Whether it takes part in the spanning tree protocol.", default=False),
        "forward_delay": Attribute(
            type=NUMBER,
            doc="For how many seconds a new port waits before it forwards; with `stp`. Left out: the kernel's 15.",
            validators=(between(2, 30),),
        ),
    },
)

BRIDGE = ObjectSchema(
    doc=f"A bridge of the host, in kvmplan's own file `{FILE}`. Attributes have netplan's names and meanings.",
    attributes={
        "name": Attribute(
            type=STRING, doc="The interface's name.", required=True, replaces=True, validators=(_interface,)
        ),
        "interfaces": Attribute(
            type=SetType(STRING), doc="The NICs that are its ports.", default=[], validators=(_interfaces,)
        ),
        "addresses": Attribute(
            type=ListType(STRING),
            doc="The host's addresses on the bridge, each with its prefix length.",
            default=[],
            validators=(_addresses,),
        ),
        "dhcp4": Attribute(type=BOOL, doc="Whether the bridge gets an IPv4 address by DHCP.", default=False),
        "dhcp6": Attribute(type=BOOL, doc="Whether the bridge gets IPv6 addresses by DHCP.", default=False),
        "mtu": Attribute(
            type=NUMBER, doc="In bytes. Left out: the smallest of its ports'.", validators=(between(68, 65535),)
        ),
        "macaddress": Attribute(
            type=STRING,
            doc="Left out: the system derives one from the name, which stays the same.",
            validators=(mac_address,),
        ),
        "file": Attribute(
            type=STRING,
            doc="The file that keeps it over a reboot; null where it is not there any more.",
            computed=True,
            read_only=True,
        ),
    },
    blocks={"routes": _ROUTES, "nameservers": _NAMESERVERS, "parameters": _PARAMETERS},
)

SCHEMA = ProviderSchema(resources={"netplan_bridge": BRIDGE}, functions=FUNCTIONS)

_APPLY = ("netplan apply",)
_QUIET = Impact(ImpactLevel.LIVE, why="the bridge's settings change while it works", steps=_APPLY)
_FLAP = Impact(ImpactLevel.LINK_FLAP, why="the bridge may forward nothing for a moment", steps=_APPLY)
IMPACTS: dict[str, Impact] = {
    **dict.fromkeys([*BRIDGE.attributes, *BRIDGE.blocks], _QUIET),
    **dict.fromkeys(["interfaces", "macaddress", "parameters"], _FLAP),
}
"""By attribute or block. A new bridge disturbs nobody, unless its ports were in use: that the assessment finds."""
