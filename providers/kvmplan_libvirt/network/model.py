"""The table of ``libvirt_network``: libvirt's network document, attribute by attribute.

Source: https://libvirt.org/formatnetwork.html.
"""

from __future__ import annotations

from dataclasses import replace

from kvmplan_libvirt.document import ON_OFF, Node, value
from kvmplan_libvirt.mechanism import DIRECT, FORWARD_INTERFACE, LABEL, PORTGROUP, REPLACE, SWITCH
from kvmplan_libvirt.network.dns_tables import DNS
from kvmplan_libvirt.network.forward_tables import ADDRESS, INTERFACE, PF
from kvmplan_libvirt.network.forward_tables import NAT as NAT_TABLE
from kvmplan_libvirt.network.ip_tables import IP, ROUTE
from kvmplan_libvirt.nic_tables import BANDWIDTH, PORT_TYPES, VIRTUALPORT, VLAN
from kvmplan_libvirt.validators import network_name, uuid
from kvmplan_sdk import Nesting
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import ListType
from kvmplan_sdk.validators import between, interface_name, mac_address, one_of

OPEN, NAT, ROUTED, ISOLATED, BRIDGE = "open", "nat", "route", "isolated", "bridge"
MODES = (NAT, ROUTED, OPEN, ISOLATED, BRIDGE, "private", "vepa", "passthrough", "hostdev")
OWN_BRIDGE = frozenset({NAT, ROUTED, OPEN, ISOLATED})
"""Modes in which libvirt makes a bridge of its own. In the others guests are on the host's devices."""

BRIDGE_TABLE = Node(
    tag="bridge",
    doc="The bridge that guests are attached to: libvirt's own, or, with `mode = \"bridge\"`, one of the host's.",
    nesting=Nesting.GROUP,
    fields={
        "name": value(
            "@name",
            STRING,
            'Name of the interface; one of the host with `mode = "bridge"`, else derived from the network\'s name.',
            interface_name,
            computed=True,
        ),
        "stp": value("@stp", BOOL, "Spanning tree protocol; on unless said.", codec=ON_OFF, computed=True),
        "delay": value("@delay", NUMBER, "Forward delay in seconds; 0 unless said.", between(0, 30), computed=True),
        "zone": value("@zone", STRING, "Zone of firewalld that it is put into."),
        "mac_table_manager": value(
            "@macTableManager",
            STRING,
            "Who fills its forwarding table: `kernel` unless said, or `libvirt`.",
            one_of("kernel", "libvirt"),
            absent="kernel",
        ),
    },
)

DOMAIN = Node(
    tag="domain",
    doc="The DNS domain of the network.",
    nesting=Nesting.SINGLE,
    fields={
        "name": value("@name", STRING, "Name of the domain.", required=True),
        "local_only": value("@localOnly", BOOL, "Whether queries for this domain are never passed on."),
        "register": value(
            "@register", BOOL, "Whether the host's systemd-resolved asks this network's DNS.", since=10_001_000
        ),
    },
)

_ANY_PORT = replace(
    VIRTUALPORT,
    fields={
        **VIRTUALPORT.fields,
        "type": value("@type", STRING, "Kind of switch; the network's unless said.", one_of(*PORT_TYPES)),
    },
)

PORTGROUP_TABLE = Node(
    tag="portgroup",
    doc="Settings for those NICs that name this group.",
    nesting=Nesting.SET,
    change=PORTGROUP,
    fields={
        "name": value("@name", STRING, "Name of the group.", required=True),
        "default": value("@default", BOOL, "Whether NICs that name no group are of this one."),
        "trust_guest_rx_filters": value(
            "@trustGuestRxFilters", BOOL, "Whether guests' own filter changes are followed."
        ),
    },
    nodes={"vlan": VLAN, "virtualport": _ANY_PORT, "bandwidth": BANDWIDTH},
)

NETWORK = Node(
    doc="A libvirt network: a bridge with the host's addresses on it, DHCP and DNS for its guests.",
    tag="network",
    fields={
        "name": value(
            "name", STRING, "Name of the network.", network_name, change=REPLACE, required=True, replaces=True
        ),
        "uuid": value(
            "uuid",
            STRING,
            "UUID, derived from the host and the address of the resource unless said.",
            uuid,
            change=REPLACE,
            computed=True,
            replaces=True,
        ),
        "title": value("title", STRING, "A short title.", change=LABEL, since=9_007_000),
        "description": value("description", STRING, "A description.", change=LABEL, since=9_007_000),
        "mode": value(
            "forward@mode",
            STRING,
            "How guests reach the outside: `nat`; `route`; `open` (routed, without libvirt's firewall rules); "
            "`isolated`; or directly on the host's devices: `bridge`, `private`, `vepa`, `passthrough`, `hostdev`.",
            one_of(*MODES),
            default=NAT,
        ),
        "dev": value(
            "forward@dev",
            STRING,
            "The one device of the host that traffic leaves by; short for `interface`.",
            interface_name,
            change=FORWARD_INTERFACE,
        ),
        "managed": value("forward@managed", BOOL, 'Whether libvirt unbinds the host\'s driver (`mode = "hostdev"`).'),
        "driver": value(
            "forward/driver@name", STRING, 'Driver of the devices (`mode = "hostdev"`).', one_of("vfio", "kvm")
        ),
        "driver_model": value(
            "forward/driver@model",
            STRING,
            'Variant of the driver, such as `mlx5_vfio_pci` (`mode = "hostdev"`).',
            since=10_000_000,
        ),
        "mac": value(
            "mac@address",
            STRING,
            "MAC address of libvirt's own bridge, pinned so that it never changes; derived unless said.",
            mac_address,
            computed=True,
        ),
        "mtu": value("mtu@size", NUMBER, "MTU of the bridge in bytes.", between(68, 65535)),
        "ipv6": value(
            "@ipv6", BOOL, "Whether guests of a network without IPv6 addresses may speak IPv6 to each other."
        ),
        "trust_guest_rx_filters": value(
            "@trustGuestRxFilters", BOOL, "Whether guests' own filter changes are followed."
        ),
        "port_isolated": value("port@isolated", BOOL, "Whether guests on the network cannot reach each other."),
        "dnsmasq_options": value(
            "dnsmasq:options/dnsmasq:option@value[]",
            ListType(STRING),
            "Lines for dnsmasq's configuration that libvirt does not look at.",
        ),
        "autostart": value("", BOOL, "Whether the host starts it at boot.", change=DIRECT, default=True),
        "active": value("", BOOL, "Whether it runs.", change=SWITCH, default=True),
    },
    nodes={
        "bridge": BRIDGE_TABLE,
        "domain": DOMAIN,
        "nat": NAT_TABLE,
        "interface": INTERFACE,
        "pf": PF,
        "address": ADDRESS,
        "dns": DNS,
        "ip": IP,
        "route": ROUTE,
        "portgroup": PORTGROUP_TABLE,
        "vlan": VLAN,
        "virtualport": VIRTUALPORT,
        "bandwidth": BANDWIDTH,
    },
)
