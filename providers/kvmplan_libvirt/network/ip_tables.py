"""Tables of ``<ip>``: the host's addresses on the network, and the DHCP and TFTP served there.

Source: https://libvirt.org/formatnetwork.html#addressing.
"""

from __future__ import annotations

from kvmplan_libvirt.document import Node, value
from kvmplan_libvirt.mechanism import DHCP_HOST, DHCP_RANGE
from kvmplan_libvirt.validators import netmask
from kvmplan_sdk import Nesting
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between, ip_address, mac_address, one_of

LEASE = Node(
    tag="lease",
    doc="How long an address is leased.",
    nesting=Nesting.SINGLE,
    fields={
        "expiry": value("@expiry", NUMBER, "The time; 0 is for ever.", required=True),
        "unit": value(
            "@unit", STRING, "What `expiry` counts.", one_of("seconds", "minutes", "hours"), absent="minutes"
        ),
    },
)

RANGE = Node(
    tag="range",
    doc="Addresses given out to guests without a reservation.",
    change=DHCP_RANGE,
    key=("start", "end"),
    fields={
        "start": value("@start", STRING, "First address.", ip_address, required=True),
        "end": value("@end", STRING, "Last address.", ip_address, required=True),
    },
    nodes={"lease": LEASE},
)

HOST = Node(
    tag="host",
    doc="A reservation: the address, and the name, that a guest always gets.",
    nesting=Nesting.SET,
    change=DHCP_HOST,
    fields={
        "mac": value("@mac", STRING, "MAC address of the guest's NIC (IPv4).", mac_address),
        "id": value("@id", STRING, "DUID of the guest (IPv6)."),
        "name": value("@name", STRING, "Host name given to the guest."),
        "ip": value("@ip", STRING, "Address given to the guest.", ip_address, required=True),
    },
    nodes={"lease": LEASE},
)

BOOTP = Node(
    tag="bootp",
    doc="What guests boot from the network (IPv4).",
    nesting=Nesting.SINGLE,
    fields={
        "file": value("@file", STRING, "Name of the file.", required=True),
        "server": value("@server", STRING, "Address of the server; the host itself unless said."),
    },
)

DHCP = Node(
    tag="dhcp",
    doc="DHCP service on this subnet. At most one IPv4 and one IPv6 subnet of a network may have it.",
    nesting=Nesting.SINGLE,
    change=DHCP_RANGE,
    nodes={"range": RANGE, "host": HOST, "bootp": BOOTP},
)

IP = Node(
    tag="ip",
    doc="An address of the host on the network, and with it a subnet. `prefix` or `netmask` is needed.",
    key=("address",),
    fields={
        "address": value("@address", STRING, "The host's address: the guests' gateway.", ip_address, required=True),
        "prefix": value("@prefix", NUMBER, "Length of the prefix in bits.", between(0, 128), computed=True),
        "netmask": value("@netmask", STRING, "The same as a mask (IPv4).", netmask, computed=True),
        "family": value(
            "@family", STRING, "`ipv4` or `ipv6`, as the address says.", one_of("ipv4", "ipv6"), computed=True
        ),
        "local_ptr": value("@localPtr", BOOL, "Whether reverse look-ups of the subnet are never passed on."),
        "tftp": value("tftp@root", STRING, "Folder served by TFTP."),
    },
    nodes={"dhcp": DHCP},
)

ROUTE = Node(
    tag="route",
    doc="A route of the host through the network. `prefix` or `netmask` is needed.",
    key=("address",),
    fields={
        "address": value("@address", STRING, "The subnet's address.", ip_address, required=True),
        "prefix": value("@prefix", NUMBER, "Length of its prefix in bits.", between(0, 128), computed=True),
        "netmask": value("@netmask", STRING, "The same as a mask (IPv4).", netmask, computed=True),
        "family": value(
            "@family", STRING, "`ipv4` or `ipv6`, as the address says.", one_of("ipv4", "ipv6"), computed=True
        ),
        "gateway": value("@gateway", STRING, "Guest that it leads through.", ip_address, required=True),
        "metric": value("@metric", NUMBER, "Lower ones are preferred."),
    },
)
