"""Tables of what a NIC is to its guest and how QEMU drives it: driver, backend, filter, place on the PCI bus.

What is on or off, with a default of QEMU's own, is text: left out, it is neither.
Source: https://libvirt.org/formatdomain.html#network-interfaces, "Setting NIC driver-specific options" and below.
"""

from __future__ import annotations

import re
from dataclasses import replace

from kvmplan_libvirt.document import Field, Node, value
from kvmplan_libvirt.mechanism import REPLUG, TUNE
from kvmplan_libvirt.nwfilter.model import INCLUDE
from kvmplan_sdk import Nesting, Value
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between, interface_name, ip_address, one_of

GENERATED = ("vnet", "macvtap", "macvlan")
"""How the names begin that libvirt gives taps."""
_PORT = between(1, 65535)


def _hexadecimal(value: Value) -> str | None:
    if re.fullmatch(r"0x[0-9A-Fa-f]{1,4}", str(value)):
        return None
    return f"{value!r} is not a hexadecimal number such as 0x03."


def _size(value: Value) -> str | None:
    return None if value in {256, 512, 1024} else f"{value} is not one of 256, 512, 1024."


def _path(value: Value) -> str | None:
    return None if str(value).startswith("/") else f"{value!r} is not a path from the root, such as /dev/net/tun."


def _own_alias(value: Value) -> str | None:
    if re.fullmatch(r"ua-[A-Za-z0-9_-]+", str(value)):
        return None
    return f"{value!r} is not a name of your own: it begins with `ua-`, then letters, digits, `_` and `-`."


def _own_tap(value: Value) -> str | None:
    if str(value).startswith(GENERATED):
        return f"{value!r} is one of libvirt's own names, which it takes from nobody: choose one such as tap-web."
    return interface_name(value)


def _switch(name: str, doc: str) -> Field:
    return value(f"@{name}", STRING, f"{doc} (`on`, `off`)", one_of("on", "off"))


def _offloads(tag: str, doc: str, *names: str) -> Node:
    return Node(
        tag=tag,
        doc=doc,
        nesting=Nesting.SINGLE,
        change=REPLUG,
        fields={name: _switch(name, f"Offload `{name}`.") for name in names},
    )


FILTERREF = replace(
    INCLUDE,
    doc="A filter of libvirt (nwfilter) for the NIC's traffic, such as `clean-traffic` against spoofing.",
    nesting=Nesting.SINGLE,
    change=TUNE,
    nodes={"parameter": replace(INCLUDE.nodes["parameter"], change=TUNE)},
)

DRIVER = Node(
    tag="driver",
    doc="How QEMU drives the NIC; all but `name` are for virtio.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={
        "name": value(
            "@name",
            STRING,
            "Who moves the packets: `vhost` (the kernel) or `qemu`; `vfio` or `kvm` with `hostdev`.",
            one_of("vhost", "qemu", "vfio", "kvm"),
        ),
        "queues": value("@queues", NUMBER, "Number of queues; one unless said.", between(2, 256)),
        "rx_queue_size": value("@rx_queue_size", NUMBER, "Length of the receive queue.", _size),
        "tx_queue_size": value("@tx_queue_size", NUMBER, "Length of the send queue.", _size),
        "txmode": value("@txmode", STRING, "What sends.", one_of("iothread", "timer")),
        "ioeventfd": _switch("ioeventfd", "Whether the guest's requests are taken in a thread of their own."),
        "event_idx": _switch("event_idx", "Whether guest and host say when they want to be woken."),
        "rss": _switch("rss", "Receive-side scaling in QEMU."),
        "rss_hash_report": _switch("rss_hash_report", "Whether the hash is passed on to the guest."),
        "iommu": _switch("iommu", "Whether the device is behind the emulated IOMMU."),
        "ats": _switch("ats", "Address translation services."),
        "packed": _switch("packed", "Packed virtqueues."),
        "page_per_vq": _switch("page_per_vq", "A page of its own for each queue's doorbell."),
    },
    nodes={
        "host": _offloads(
            "host", "What the host does for the guest.", "csum", "gso", "tso4", "tso6", "ecn", "ufo", "mrg_rxbuf"
        ),
        "guest": _offloads("guest", "What the guest does itself.", "csum", "tso4", "tso6", "ecn", "ufo"),
    },
)

BACKEND = Node(
    tag="backend",
    doc="What is behind the NIC on the host.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={
        "type": value("@type", STRING, "`passt` instead of SLIRP, with `user`.", one_of("passt")),
        "log_file": value("@logFile", STRING, "Where passt logs.", _path),
        "tap": value("@tap", STRING, "Device that taps are made with.", _path),
        "vhost": value("@vhost", STRING, "Device of vhost.", _path),
    },
)

PORT_FORWARD = Node(
    tag="portForward",
    doc="Ports of the host that lead to the guest, by passt.",
    change=REPLUG,
    fields={
        "proto": value("@proto", STRING, "Protocol.", one_of("tcp", "udp"), required=True),
        "address": value("@address", STRING, "Only connections to this address.", ip_address),
        "dev": value("@dev", STRING, "Only connections that come in on this device.", interface_name),
    },
    nodes={
        "range": Node(
            tag="range",
            doc="Ports; all of them where no range is said.",
            change=REPLUG,
            fields={
                "start": value("@start", NUMBER, "First port on the host.", _PORT, required=True),
                "end": value("@end", NUMBER, "Last port; the first unless said.", _PORT),
                "to": value("@to", NUMBER, "First port in the guest; the same unless said.", _PORT),
                "exclude": value("@exclude", BOOL, "Whether these are left out of what is forwarded."),
            },
        )
    },
)

IP = Node(
    tag="ip",
    doc="The guest's address, as `user` gives it out.",
    change=REPLUG,
    fields={
        "address": value("@address", STRING, "The address.", ip_address, required=True),
        "prefix": value("@prefix", NUMBER, "Its prefix length.", between(1, 128)),
    },
)

COALESCE = Node(
    tag="coalesce",
    doc="How many packets are waited for before anybody is woken.",
    nesting=Nesting.SINGLE,
    change=TUNE,
    nodes={
        "rx": Node(
            tag="rx",
            doc="Towards the guest.",
            nesting=Nesting.SINGLE,
            change=TUNE,
            nodes={
                "frames": Node(
                    tag="frames",
                    doc="Packets.",
                    nesting=Nesting.SINGLE,
                    change=TUNE,
                    fields={"max": value("@max", NUMBER, "At most so many.", between(0, 2**32 - 1))},
                )
            },
        )
    },
)

ADDRESS = Node(
    tag="address",
    doc="Where the NIC is on the guest's PCI bus; libvirt chooses unless said.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={
        "type": value("@type", STRING, "Kind of bus: `pci`.", one_of("pci"), default="pci"),
        "domain": value("@domain", STRING, "PCI domain.", _hexadecimal, default="0x0000"),
        "bus": value("@bus", STRING, "Bus.", _hexadecimal, required=True),
        "slot": value("@slot", STRING, "Slot.", _hexadecimal, required=True),
        "function": value("@function", STRING, "Function.", _hexadecimal, default="0x0"),
        "multifunction": _switch("multifunction", "Whether other functions share the slot."),
    },
)

ROM = Node(
    tag="rom",
    doc="The boot ROM that the guest's firmware sees.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={
        "enabled": value("@enabled", STRING, "Whether there is one (`yes`, `no`).", one_of("yes", "no")),
        "bar": _switch("bar", "Whether it is mapped."),
        "file": value("@file", STRING, "Its image, instead of QEMU's own.", _path),
    },
)

TEAMING = Node(
    tag="teaming",
    doc="A pair of NICs for migration: a virtio one that stays, and a fast one that goes while the guest moves.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={
        "type": value("@type", STRING, "Which one this is.", one_of("persistent", "transient"), required=True),
        "persistent": value("@persistent", STRING, "Alias of the one that stays, in the one that goes.", _own_alias),
    },
)

ACPI = Node(
    tag="acpi",
    doc="What names the NIC in the guest.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={"index": value("@index", NUMBER, "Number in names such as `eno1`.", between(0, 16383))},
)

TUNING = Node(
    tag="tune",
    doc="Settings of the tap.",
    nesting=Nesting.SINGLE,
    change=REPLUG,
    fields={"sndbuf": value("sndbuf", NUMBER, "Bytes of its send buffer.", between(0, 2**32 - 1))},
)

ALIAS = value("alias@name", STRING, "Name of the device in libvirt, beginning with `ua-`.", _own_alias, change=REPLUG)

TARGET_DEV = value(
    "target@dev", STRING, "Name that its tap gets on the host; libvirt chooses unless said.", _own_tap, change=REPLUG
)
