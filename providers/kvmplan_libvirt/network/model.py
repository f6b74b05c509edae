"""The table of ``libvirt_network``: libvirt's network document, attribute by attribute.

Source: https://libvirt.org/formatnetwork.html.
"""

from __future__ import annotations

from kvmplan_libvirt.document import NUMBER, ON_OFF, YES_NO, Field, Node
from kvmplan_libvirt.mechanism import DHCP_HOST, DHCP_RANGE, DIRECT, REPLACE, SWITCH
from kvmplan_sdk import Attribute, Nesting
from kvmplan_sdk.schema import BOOL, STRING
from kvmplan_sdk.schema import NUMBER as NUMBER_TYPE
from kvmplan_sdk.validators import between, interface_name, ip_address, mac_address, one_of

OPEN, NAT, ROUTE, ISOLATED, BRIDGE = MODES = ("open", "nat", "route", "isolated", "bridge")

RANGE = Node(
    tag="range",
    doc="Addresses given out to guests without a reservation.",
    change=DHCP_RANGE,
    key=("start", "end"),
    fields={
        "start": Field(
            at="@start",
            attribute=Attribute(type=STRING, doc="First address.", required=True, validators=(ip_address,)),
        ),
        "end": Field(
            at="@end",
            attribute=Attribute(type=STRING, doc="Last address.", required=True, validators=(ip_address,)),
        ),
    },
)

HOST = Node(
    tag="host",
    doc="A reservation: the address, and the name, that a guest always gets.",
    nesting=Nesting.SET,
    change=DHCP_HOST,
    fields={
        "mac": Field(
            at="@mac",
            attribute=Attribute(type=STRING, doc="MAC address of the guest's NIC (IPv4).", validators=(mac_address,)),
        ),
        "id": Field(at="@id", attribute=Attribute(type=STRING, doc="DUID of the guest (IPv6).")),
        "name": Field(at="@name", attribute=Attribute(type=STRING, doc="Host name given to the guest.")),
        "ip": Field(
            at="@ip", attribute=Attribute(type=STRING, doc="Address given to the guest.", validators=(ip_address,))
        ),
    },
)

DHCP = Node(
    tag="dhcp",
    doc="DHCP service on this subnet. At most one IPv4 and one IPv6 subnet of a network may have it.",
    nesting=Nesting.SINGLE,
    change=DHCP_RANGE,
    nodes={"range": RANGE, "host": HOST},
)

IP = Node(
    tag="ip",
    doc="An address of the host on the network, and with it a subnet. `prefix` or `netmask` is needed.",
    key=("address",),
    fields={
        "address": Field(
            at="@address",
            attribute=Attribute(
                type=STRING, doc="The host's address: the guests' gateway.", required=True, validators=(ip_address,)
            ),
        ),
        "prefix": Field(
            at="@prefix",
            codec=NUMBER,
            attribute=Attribute(
                type=NUMBER_TYPE, doc="Length of the prefix in bits.", computed=True, validators=(between(0, 128),)
            ),
        ),
        "netmask": Field(
            at="@netmask",
            attribute=Attribute(type=STRING, doc="The same as a mask (IPv4).", computed=True, validators=(ip_address,)),
        ),
        "family": Field(
            at="@family",
            attribute=Attribute(
                type=STRING,
                doc="`ipv4` or `ipv6`, as the address says.",
                computed=True,
                validators=(one_of("ipv4", "ipv6"),),
            ),
        ),
    },
    nodes={"dhcp": DHCP},
)

BRIDGE_NODE = Node(
    tag="bridge",
    doc="The bridge that guests are attached to: libvirt's own, or, with `mode = \"bridge\"`, one of the host's.",
    nesting=Nesting.GROUP,
    fields={
        "name": Field(
            at="@name",
            attribute=Attribute(
                type=STRING,
                doc='Name of the interface. Needed with `mode = "bridge"`; otherwise derived from the network\'s name.',
                computed=True,
                validators=(interface_name,),
            ),
        ),
        "stp": Field(
            at="@stp",
            codec=ON_OFF,
            attribute=Attribute(type=BOOL, doc="Spanning tree protocol; on unless said.", computed=True),
        ),
        "delay": Field(
            at="@delay",
            codec=NUMBER,
            attribute=Attribute(
                type=NUMBER_TYPE,
                doc="Forward delay in seconds; 0 unless said.",
                computed=True,
                validators=(between(0, 30),),
            ),
        ),
    },
)

DOMAIN = Node(
    tag="domain",
    doc="The DNS domain of the network.",
    nesting=Nesting.SINGLE,
    fields={
        "name": Field(at="@name", attribute=Attribute(type=STRING, doc="Name of the domain.", required=True)),
        "local_only": Field(
            at="@localOnly",
            codec=YES_NO,
            attribute=Attribute(type=BOOL, doc="Whether queries for this domain are never passed on."),
        ),
    },
)

NETWORK = Node(
    doc="A libvirt network: a bridge with the host's addresses on it, DHCP and DNS for its guests.",
    tag="network",
    fields={
        "name": Field(
            at="name",
            change=REPLACE,
            attribute=Attribute(type=STRING, doc="Name of the network.", required=True, replaces=True),
        ),
        "uuid": Field(
            at="uuid",
            change=REPLACE,
            attribute=Attribute(
                type=STRING,
                doc="UUID, derived from the host and the address of the resource.",
                computed=True,
                replaces=True,
            ),
        ),
        "mode": Field(
            at="forward@mode",
            attribute=Attribute(
                type=STRING,
                doc=(
                    "How guests reach the outside: `nat`; `route`; `open` (routed, without libvirt's firewall rules); "
                    "`isolated`; `bridge` (on a bridge of the host)."
                ),
                default=NAT,
                validators=(one_of(*MODES),),
            ),
        ),
        "mac": Field(
            at="mac@address",
            attribute=Attribute(
                type=STRING,
                doc="MAC address of libvirt's own bridge, pinned so that it never changes; derived unless said.",
                computed=True,
                validators=(mac_address,),
            ),
        ),
        "mtu": Field(
            at="mtu@size",
            codec=NUMBER,
            attribute=Attribute(type=NUMBER_TYPE, doc="MTU of the bridge in bytes.", validators=(between(68, 65535),)),
        ),
        "autostart": Field(
            change=DIRECT,
            attribute=Attribute(type=BOOL, doc="Whether the host starts it at boot.", default=True),
        ),
        "active": Field(
            change=SWITCH,
            attribute=Attribute(type=BOOL, doc="Whether it runs.", default=True),
        ),
    },
    nodes={"bridge": BRIDGE_NODE, "domain": DOMAIN, "ip": IP},
)
