"""What a firewall looks like in a configuration."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan_nftables import parts
from kvmplan_nftables.filter import terms
from kvmplan_nftables.filter.services import SERVICES
from kvmplan_nftables.parts import parse_address, parse_looked_up, valid
from kvmplan_sdk import Attribute, Block, Nesting, ObjectSchema
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import ListType
from kvmplan_sdk.validators import between, cidr, mac_address, one_of

_STRINGS = ListType(STRING)
_ACTIONS = ("allow", "drop", "reject")

_LOG = Block(
    doc="Writes what the rule meets to the kernel's log.",
    nesting=Nesting.SINGLE,
    attributes={
        "prefix": Attribute(type=STRING, doc="What the line begins with.", validators=(valid(terms.parse_prefix),)),
        "level": Attribute(type=STRING, doc="As in syslog.", default="info", validators=(one_of(*terms.LEVELS),)),
        "rate": Attribute(
            type=STRING, doc="Not more lines than that: `10/minute`.", validators=(valid(terms.parse_rate),)
        ),
    },
)
_LIMIT = Block(
    doc="How often an `allow` rule lets pass; the rest is dropped. It counts new connections where state is kept.",
    nesting=Nesting.SINGLE,
    attributes={
        "rate": Attribute(type=STRING, doc="`10/second`.", required=True, validators=(valid(terms.parse_rate),)),
        "burst": Attribute(
            type=NUMBER, doc="So many may come at once.", default=5, validators=(between(1, 1_000_000),)
        ),
    },
)


def _side(doc: str) -> Attribute:
    return Attribute(type=_STRINGS, doc=doc, validators=(valid(terms.parse_peer),))


def _rule(doc: str, sides: Mapping[str, Attribute]) -> Block:
    return Block(
        doc=doc,
        nesting=Nesting.SET,
        attributes={
            "action": Attribute(
                type=STRING, doc="`allow`, `drop` or `reject`.", required=True, validators=(one_of(*_ACTIONS),)
            ),
            "protocol": Attribute(
                type=STRING,
                doc="`tcp`, `udp`, `sctp`, `icmp`, `icmpv6` or `all`.",
                default="all",
                validators=(one_of(*terms.PROTOCOLS),),
            ),
            "ports": Attribute(
                type=_STRINGS, doc='Ports asked for: `"80"`, `"8000-8010"`.', validators=(valid(parts.parse_ports),)
            ),
            "port_sets": Attribute(
                type=_STRINGS, doc="Names of `port_set` blocks.", validators=(valid(terms.parse_name),)
            ),
            "source_ports": Attribute(type=_STRINGS, doc="Ports asked from.", validators=(valid(parts.parse_ports),)),
            **sides,
            "icmp_types": Attribute(type=_STRINGS, doc="As nft names them: `echo-request`."),
            "description": Attribute(type=STRING, doc="For people."),
        },
        blocks={"log": _LOG, "limit": _LIMIT},
    )


_PEERS = "Addresses, subnets, or `$NAME` of an `address_set`."
_ANTI_SPOOFING = Block(
    doc=(
        "Frames of the guest must carry its own MAC address, in ARP and neighbour advertisements too, and be no "
        "answers of a DHCP server or router advertisements. In the family `bridge` only, where it is always on."
    ),
    nesting=Nesting.SINGLE,
    attributes={
        "enabled": Attribute(type=BOOL, doc="Write `false` to do without.", default=True),
        "mac": Attribute(
            type=STRING, doc="The guest's MAC address. Left out: `mac` of the firewall.", validators=(mac_address,)
        ),
        "addresses": Attribute(
            type=_STRINGS,
            doc=(
                "The only addresses and subnets that the guest sends from, besides the link-local IPv6 address of its "
                "MAC address; every protocol but IP and ARP is dropped. Left out: any."
            ),
            validators=(valid(parts.parse_net),),
        ),
        "router": Attribute(
            type=BOOL, doc="Whether the guest may answer as a DHCP server and advertise routes.", default=False
        ),
    },
)

SCHEMA = ObjectSchema(
    doc=(
        "Guards a guest's NIC, or a network: which connections it may open (`egress`) and take (`ingress`). The order "
        "of rules means nothing: drop wins over reject, reject over allow, allow over the default. A packet must pass "
        "every firewall that holds its sender or its receiver."
    ),
    attributes={
        "family": Attribute(
            type=STRING,
            doc="`inet` for what the host routes, to and from NAT guests; `bridge` for the frames of bridged guests.",
            default="inet",
            validators=(one_of("inet", "bridge"),),
        ),
        "interface": Attribute(
            type=STRING,
            doc="Whom: in `inet` the guests behind this interface of the host, in `bridge` the guest of this tap.",
            validators=(valid(parse_looked_up),),
        ),
        "mac": Attribute(
            type=STRING, doc="Whom: the NIC with this MAC address; only in `bridge`.", validators=(mac_address,)
        ),
        "address": Attribute(
            type=_STRINGS, doc="Whom: the guest with these addresses.", validators=(valid(parse_address),)
        ),
        "network": Attribute(type=STRING, doc="Whom: everybody in this subnet.", validators=(cidr,)),
        "ingress_default": Attribute(
            type=STRING, doc="What becomes of what no rule meets.", default="drop", validators=(one_of(*_ACTIONS),)
        ),
        "egress_default": Attribute(type=STRING, doc="The same.", default="allow", validators=(one_of(*_ACTIONS),)),
        "services": Attribute(
            type=_STRINGS,
            doc=(
                "What works whatever the rules say: `dhcp`, `nd` (IPv6 neighbour discovery), in `inet` also `dns` (the "
                "host's), in `bridge` also `arp`. Left out: all of these."
            ),
            computed=True,
            validators=(valid(lambda value: parts.parse_one_of(value, SERVICES)),),
        ),
        "stateful": Attribute(
            type=BOOL,
            doc=(
                "Answers to allowed connections pass. `false`, in `bridge` only, for kernels without "
                "nf_conntrack_bridge: whatever does not open a TCP connection passes, and answers over UDP need rules."
            ),
            default=True,
        ),
    },
    blocks={
        "ingress": _rule(
            "Connections to the guest.",
            {"source": _side(f"From: {_PEERS}"), "destination": _side(f"To which of the guarded: {_PEERS}")},
        ),
        "egress": _rule(
            "Connections from the guest.",
            {"source": _side(f"From which of the guarded: {_PEERS}"), "destination": _side(f"To: {_PEERS}")},
        ),
        "address_set": Block(
            doc="Addresses with a name. A change of one address touches nothing else.",
            nesting=Nesting.SET,
            attributes={
                "name": Attribute(type=STRING, doc="The name.", required=True, validators=(valid(terms.parse_name),)),
                "addresses": Attribute(
                    type=_STRINGS, doc="Addresses and subnets.", required=True, validators=(valid(parts.parse_net),)
                ),
            },
        ),
        "port_set": Block(
            doc="Ports with a name.",
            nesting=Nesting.SET,
            attributes={
                "name": Attribute(type=STRING, doc="The name.", required=True, validators=(valid(terms.parse_name),)),
                "ports": Attribute(
                    type=_STRINGS, doc="Ports and ranges.", required=True, validators=(valid(parts.parse_ports),)
                ),
            },
        ),
        "anti_spoofing": _ANTI_SPOOFING,
    },
)
