"""Tables of what a NIC can be attached to, besides networks and bridges: a block for each kind of ``<interface>``.

In libvirt's document they are all called ``<source>``; `kvmplan_libvirt.interface.source` tells them apart.
Source: https://libvirt.org/formatdomain.html#network-interfaces.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kvmplan_libvirt.document import Node, value
from kvmplan_libvirt.interface.device_tables import ADDRESS
from kvmplan_libvirt.mechanism import REPLUG
from kvmplan_sdk import Nesting
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between, interface_name, one_of

DIRECT = Node(
    tag="direct",
    doc="A device of the host, shared with it by macvtap.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={
        "dev": value("@dev", STRING, "Name of the host's device.", interface_name, required=True),
        "mode": value(
            "@mode",
            STRING,
            "How guests on the device reach each other: `vepa` (by the switch outside), `bridge` (directly), `private` "
            "(not at all); `passthrough`: the device is this guest's alone.",
            one_of("vepa", "bridge", "private", "passthrough"),
            default="vepa",
        ),
    },
)

HOSTDEV = Node(
    tag="hostdev",
    doc="A PCI device of the host that is handed to the guest: a virtual function of SR-IOV.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={"managed": value("@managed", BOOL, "Whether libvirt unbinds the host's driver.")},
    nodes={
        "address": replace(
            ADDRESS,
            doc="Where the device is in the host.",
            fields={name: field for name, field in ADDRESS.fields.items() if name != "multifunction"},
        )
    },
)

VHOSTUSER = Node(
    tag="vhostuser",
    doc="The socket of a switch in userspace, such as OVS-DPDK or VPP. The guest's memory must be shared.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={
        "type": value("@type", STRING, "Kind of socket: `unix`.", one_of("unix"), default="unix"),
        "path": value("@path", STRING, "Path of the socket.", required=True),
        "mode": value("@mode", STRING, "Which end QEMU is.", one_of("client", "server"), required=True),
    },
    nodes={
        "reconnect": Node(
            tag="reconnect",
            doc="Whether a client connects again when the switch has gone.",
            nesting=Nesting.SINGLE,
            change=REPLUG,
            fields={
                "enabled": value("@enabled", BOOL, "Whether it does.", required=True),
                "timeout": value("@timeout", NUMBER, "Seconds between attempts.", between(0, 86400)),
            },
        )
    },
)

USER = Node(
    tag="user",
    doc="The host's own sockets, without a bridge and without privileges: SLIRP, or passt (`backend`).",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={
        "dev": value("@dev", STRING, "Device of the host whose addresses the guest is given (passt).", interface_name)
    },
)

VDPA = Node(
    tag="vdpa",
    doc="A vDPA device of the host.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={"dev": value("@dev", STRING, "Its file, such as `/dev/vhost-vdpa-0`.", required=True)},
)

SOURCE_BLOCKS: Mapping[str, Node] = {node.tag: node for node in (DIRECT, HOSTDEV, VHOSTUSER, USER, VDPA)}
