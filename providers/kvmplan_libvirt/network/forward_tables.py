"""Tables of what is inside ``<forward>``: the devices that traffic leaves by, and address translation."""

from __future__ import annotations

from kvmplan_libvirt.document import Node, value
from kvmplan_libvirt.mechanism import FORWARD_INTERFACE
from kvmplan_sdk import Nesting
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between, interface_name, ip_address

INTERFACE = Node(
    tag="forward/interface",
    doc="A device of the host that guests' traffic leaves by; several make a pool.",
    change=FORWARD_INTERFACE,
    key=("dev",),
    fields={"dev": value("@dev", STRING, "Its name.", interface_name, required=True)},
)

PF = Node(
    tag="forward/pf",
    doc="The physical function whose virtual functions guests get.",
    nesting=Nesting.SINGLE,
    fields={"dev": value("@dev", STRING, "Its name.", interface_name, required=True)},
)


def _span(tag: str, doc: str, first: str, last: str) -> Node:
    numbers = tag == "port"
    kind, valid = (NUMBER, between(1, 65535)) if numbers else (STRING, ip_address)
    return Node(
        tag=tag,
        doc=doc,
        nesting=Nesting.SINGLE,
        fields={
            "start": value("@start", kind, first, valid, required=True),
            "end": value("@end", kind, last, valid, required=True),
        },
    )


NAT = Node(
    tag="forward/nat",
    doc="Address translation of a network of mode `nat`.",
    nesting=Nesting.SINGLE,
    fields={"ipv6": value("@ipv6", BOOL, "Whether IPv6 is translated too.")},
    nodes={
        "address": _span("address", "Addresses that guests appear under.", "First address.", "Last address."),
        "port": _span("port", "Ports that connections appear from.", "First port.", "Last port."),
    },
)
