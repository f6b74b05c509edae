"""Tables of ``<dns>``: what the network's own name service answers.

Source: https://libvirt.org/formatnetwork.html#addressing.
"""

from __future__ import annotations

from kvmplan_libvirt.document import Node, value
from kvmplan_libvirt.mechanism import DNS_HOST, DNS_SRV, DNS_TXT
from kvmplan_sdk import Nesting
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import ListType
from kvmplan_sdk.validators import ip_address, one_of, port

FORWARDER = Node(
    tag="forwarder",
    doc="A name server that queries are passed on to.",
    fields={
        "domain": value("@domain", STRING, "Only queries for this domain; all others without it."),
        "addr": value(
            "@addr", STRING, "Its address; without it, queries for the domain are answered here alone.", ip_address
        ),
        "port": value("@port", NUMBER, "Its port.", port, since=12_000_000),
    },
)

HOST = Node(
    tag="host",
    doc="Names of an address.",
    nesting=Nesting.SET,
    change=DNS_HOST,
    fields={
        "ip": value("@ip", STRING, "The address.", ip_address, required=True),
        "hostname": value("hostname[]", ListType(STRING), "Its names.", required=True),
    },
)

TXT = Node(
    tag="txt",
    doc="A TXT record.",
    nesting=Nesting.SET,
    change=DNS_TXT,
    fields={
        "name": value("@name", STRING, "The name asked for.", required=True),
        "value": value("@value", STRING, "The text answered.", required=True),
    },
)

SRV = Node(
    tag="srv",
    doc="An SRV record.",
    nesting=Nesting.SET,
    change=DNS_SRV,
    fields={
        "service": value("@service", STRING, "Name of the service.", required=True),
        "protocol": value("@protocol", STRING, "`tcp` or `udp`.", one_of("tcp", "udp"), required=True),
        "domain": value("@domain", STRING, "Domain that it is offered in."),
        "target": value("@target", STRING, "Host that offers it."),
        "port": value("@port", NUMBER, "Port it is at.", port),
        "priority": value("@priority", NUMBER, "Lower ones are tried first.", absent=0),
        "weight": value("@weight", NUMBER, "Share among equal priorities.", absent=0),
    },
)

DNS = Node(
    tag="dns",
    doc="The network's name service.",
    nesting=Nesting.GROUP,
    fields={
        "enable": value("@enable", BOOL, "Whether there is one.", absent=True),
        "forward_plain_names": value(
            "@forwardPlainNames", BOOL, "Whether names without a dot are passed on.", absent=True
        ),
    },
    nodes={"forwarder": FORWARDER, "host": HOST, "txt": TXT, "srv": SRV},
)
