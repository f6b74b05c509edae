"""Tables of what is inside ``<forward>``: the devices that traffic leaves by, and address translation."""

from __future__ import annotations

import re

from kvmplan_libvirt.document import Node, value
from kvmplan_libvirt.mechanism import FORWARD_INTERFACE
from kvmplan_sdk import Nesting, Value
from kvmplan_sdk.schema import BOOL, NUMBER, STRING, Validator
from kvmplan_sdk.validators import between, interface_name, ip_address, one_of

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


def _hexadecimal(digits: int) -> Validator:
    """Of ``digits`` digits, as libvirt writes it: another spelling would look like a change."""

    def check(value: Value) -> str | None:
        if re.fullmatch(f"0x[0-9a-f]{{{digits}}}", str(value)):
            return None
        return f"{value!r} is not written as libvirt does, such as 0x{1:0{digits}x}."

    return check


ADDRESS = Node(
    tag="forward/address",
    doc='A virtual function that a guest gets (`mode = "hostdev"`), by its PCI address; several make a pool.',
    key=("domain", "bus", "slot", "function"),
    fields={
        "type": value("@type", STRING, "Always `pci`.", one_of("pci"), default="pci"),
        "domain": value("@domain", STRING, "PCI domain.", _hexadecimal(4), default="0x0000"),
        "bus": value("@bus", STRING, "Bus, such as `0x03`.", _hexadecimal(2), required=True),
        "slot": value("@slot", STRING, "Slot.", _hexadecimal(2), required=True),
        "function": value("@function", STRING, "Function.", _hexadecimal(1), required=True),
    },
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
