"""Tables that networks, port groups and NICs have in common: bandwidth, VLAN tags, virtual ports.

Source: https://libvirt.org/formatnetwork.html#quality-of-service, #setting-vlan-tag-on-supported-network-types-only.
"""

from __future__ import annotations

from kvmplan_libvirt.document import Node, value
from kvmplan_sdk import Nesting
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between, one_of


def _direction(tag: str, doc: str) -> Node:
    return Node(
        tag=tag,
        doc=doc,
        nesting=Nesting.SINGLE,
        fields={
            "average": value("@average", NUMBER, "Average rate in KiB/s."),
            "peak": value("@peak", NUMBER, "Highest rate in KiB/s."),
            "burst": value("@burst", NUMBER, "KiB that may pass at the highest rate."),
            "floor": value("@floor", NUMBER, "Rate in KiB/s that is guaranteed (inbound only)."),
        },
    )


BANDWIDTH = Node(
    tag="bandwidth",
    doc="Limits of the traffic, as seen from the guests.",
    nesting=Nesting.SINGLE,
    nodes={"inbound": _direction("inbound", "Towards them."), "outbound": _direction("outbound", "From them.")},
)

VLAN = Node(
    tag="vlan",
    doc="VLAN tags: of an Open vSwitch bridge, an SR-IOV device, or, since libvirt 11.0, a Linux bridge.",
    nesting=Nesting.SINGLE,
    fields={"trunk": value("@trunk", BOOL, "Whether several VLANs come through; with several tags they do.")},
    nodes={
        "tag": Node(
            tag="tag",
            doc="A VLAN.",
            key=("id",),
            fields={
                "id": value("@id", NUMBER, "Its number.", between(0, 4095), required=True),
                "native_mode": value(
                    "@nativeMode",
                    STRING,
                    "Frames without a tag are of this VLAN, and leave `tagged` or `untagged`.",
                    one_of("tagged", "untagged"),
                ),
            },
        )
    },
)

PORT_TYPES = ("openvswitch", "802.1Qbg", "802.1Qbh", "midonet")

VIRTUALPORT = Node(
    tag="virtualport",
    doc="How a switch outside of libvirt is told of a port.",
    nesting=Nesting.SINGLE,
    fields={
        "type": value("@type", STRING, "Kind of switch.", one_of(*PORT_TYPES), required=True),
        "profile_id": value("parameters@profileid", STRING, "Profile of the port."),
        "interface_id": value("parameters@interfaceid", STRING, "UUID of the port."),
        "manager_id": value("parameters@managerid", NUMBER, "VSI manager (802.1Qbg)."),
        "type_id": value("parameters@typeid", STRING, "VSI type (802.1Qbg)."),
        "type_id_version": value("parameters@typeidversion", NUMBER, "Version of the VSI type (802.1Qbg)."),
        "instance_id": value("parameters@instanceid", STRING, "VSI instance (802.1Qbg)."),
    },
)
