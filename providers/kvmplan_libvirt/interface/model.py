"""The table of ``libvirt_interface``: the ``<interface>`` element of a domain's document.

Source: https://libvirt.org/formatdomain.html#network-interfaces.
"""

from __future__ import annotations

from dataclasses import replace

from kvmplan_libvirt.document import Node, value
from kvmplan_libvirt.mechanism import CARRIER, MOVE, REPLACE, TUNE
from kvmplan_libvirt.nic_tables import BANDWIDTH, VIRTUALPORT, VLAN
from kvmplan_sdk import Nesting
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between, interface_name, mac_address, one_of

FILTERREF = Node(
    tag="filterref",
    doc="A filter of libvirt (nwfilter) for the NIC's traffic, such as `clean-traffic` against spoofing.",
    nesting=Nesting.SINGLE,
    change=TUNE,
    fields={"filter": value("@filter", STRING, "Name of the filter.", required=True)},
    nodes={
        "parameter": Node(
            tag="parameter",
            doc="A value for a variable of the filter.",
            nesting=Nesting.SET,
            change=TUNE,
            fields={
                "name": value("@name", STRING, "The variable, such as `IP`.", required=True),
                "value": value("@value", STRING, "Its value.", required=True),
            },
        )
    },
)

_INBOUND, _OUTBOUND = (replace(BANDWIDTH.nodes[way], change=TUNE) for way in ("inbound", "outbound"))

INTERFACE = Node(
    tag="interface",
    doc=(
        "A NIC of a domain that exists, plugged into the guest while it runs and kept in its definition. "
        "Exactly one of `network` and `bridge` says what it is attached to."
    ),
    change=REPLACE,
    fields={
        "domain": value("", STRING, "Name of the domain.", required=True, replaces=True),
        "network": value(
            "source@network", STRING, "Name of the libvirt network.", change=MOVE, refers_to="libvirt_network.name"
        ),
        "portgroup": value("source@portgroup", STRING, "Port group of the network.", replaces=True),
        "bridge": value("source@bridge", STRING, "Name of a bridge of the host.", interface_name, change=MOVE),
        "mac": value(
            "mac@address",
            STRING,
            "MAC address; derived from the host, the domain and the resource's address unless said.",
            mac_address,
            computed=True,
            replaces=True,
        ),
        "model": value(
            "model@type",
            STRING,
            "Model of the device that the guest sees; `virtio` unless said.",
            computed=True,
            replaces=True,
        ),
        "link_state": value(
            "link@state",
            STRING,
            "Whether the guest sees a cable: `up` or `down`.",
            one_of("up", "down"),
            absent="up",
            change=CARRIER,
        ),
        "mtu": value("mtu@size", NUMBER, "MTU in bytes.", between(68, 65535), replaces=True),
        "queues": value("driver@queues", NUMBER, "Queues of a virtio NIC.", between(1, 256), replaces=True),
        "boot_order": value("boot@order", NUMBER, "Place among the devices the guest boots from.", replaces=True),
        "port_isolated": value(
            "port@isolated", BOOL, "Whether it cannot reach other isolated NICs on its bridge.", change=TUNE
        ),
    },
    nodes={
        "bandwidth": replace(BANDWIDTH, change=TUNE, nodes={"inbound": _INBOUND, "outbound": _OUTBOUND}),
        "filterref": FILTERREF,
        "vlan": replace(VLAN, change=REPLACE, nodes={"tag": replace(VLAN.nodes["tag"], change=REPLACE)}),
        "virtualport": replace(VIRTUALPORT, change=REPLACE),
    },
)

INHERITED = ("mtu", "port_isolated", "bandwidth", "vlan", "virtualport")
"""What a running guest's document also shows of the network or port group that the NIC is on."""
