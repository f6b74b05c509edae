"""The table of ``libvirt_interface``: the ``<interface>`` element of a domain's document.

Source: https://libvirt.org/formatdomain.html#network-interfaces.
"""

from __future__ import annotations

from dataclasses import replace

from kvmplan_libvirt.addresses.table import TELLS, WAIT
from kvmplan_libvirt.document import Node, value
from kvmplan_libvirt.interface.device_tables import (
    ACPI,
    ADDRESS,
    ALIAS,
    BACKEND,
    COALESCE,
    DRIVER,
    FILTERREF,
    IP,
    PORT_FORWARD,
    ROM,
    TARGET_DEV,
    TEAMING,
    TUNING,
)
from kvmplan_libvirt.interface.source_tables import HOSTDEV, SOURCE_BLOCKS
from kvmplan_libvirt.mechanism import CARRIER, FOLLOW, MOVE, NEXT_START, RECONNECT, REPLACE, REPLUG, TUNE
from kvmplan_libvirt.nic_tables import BANDWIDTH, VIRTUALPORT, VLAN
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between, interface_name, mac_address, one_of

_INBOUND, _OUTBOUND = (replace(BANDWIDTH.nodes[way], change=TUNE) for way in ("inbound", "outbound"))

INTERFACE = Node(
    tag="interface",
    doc=(
        "A NIC of a domain that exists, plugged into the guest while it runs and kept in its definition. Exactly one "
        "of `network`, `bridge`, `direct`, `hostdev`, `vhostuser`, `user` and `vdpa` says what it is attached to."
    ),
    change=REPLUG,
    fields={
        "domain": value("", STRING, "Name or UUID of the domain.", required=True, change=REPLACE),
        "network": value(
            "source@network", STRING, "Name of the libvirt network.", change=MOVE, refers_to="libvirt_network.name"
        ),
        "portgroup": value("source@portgroup", STRING, "Port group of the network."),
        "bridge": value("source@bridge", STRING, "Name of a bridge of the host.", interface_name, change=MOVE),
        "mac": value(
            "mac@address",
            STRING,
            "MAC address; derived from the host, the domain and the resource's address unless said.",
            mac_address,
            computed=True,
            change=REPLACE,
            replaces=True,
        ),
        "model": value(
            "model@type",
            STRING,
            "Model of the device that the guest sees: `virtio` unless said, and nothing with `hostdev`.",
            computed=True,
        ),
        "link_state": value(
            "link@state",
            STRING,
            "Whether the guest sees a cable: `up` or `down`.",
            one_of("up", "down"),
            absent="up",
            change=CARRIER,
        ),
        "mtu": value("mtu@size", NUMBER, "MTU in bytes.", between(68, 65535)),
        "boot_order": value(
            "boot@order", NUMBER, "Place among the devices the guest boots from.", between(1, 65535), change=NEXT_START
        ),
        "port_isolated": value(
            "port@isolated", BOOL, "Whether it cannot reach other isolated NICs on its bridge.", change=TUNE
        ),
        "trust_guest_rx_filters": value(
            "@trustGuestRxFilters",
            BOOL,
            "Whether the host follows the guest when it changes its MAC address or listens to groups.",
            change=FOLLOW,
        ),
        "alias": ALIAS,
        "target_dev": TARGET_DEV,
        **TELLS,
    },
    nodes={
        **SOURCE_BLOCKS,
        "driver": DRIVER,
        "backend": BACKEND,
        "ip": IP,
        "port_forward": PORT_FORWARD,
        "bandwidth": replace(BANDWIDTH, change=TUNE, nodes={"inbound": _INBOUND, "outbound": _OUTBOUND}),
        "filterref": FILTERREF,
        "vlan": replace(VLAN, change=REPLUG, nodes={"tag": replace(VLAN.nodes["tag"], change=REPLUG)}),
        "virtualport": replace(VIRTUALPORT, change=RECONNECT),
        "coalesce": COALESCE,
        "address": ADDRESS,
        "acpi": ACPI,
        "rom": ROM,
        "teaming": TEAMING,
        "tune": TUNING,
        "wait_for_address": WAIT,
    },
)

INHERITED = ("mtu", "port_isolated", "trust_guest_rx_filters", "bandwidth", "vlan", "virtualport")
"""What a running guest's document also shows of the network or port group that the NIC is on."""


def left_to_libvirt(source: str | None) -> tuple[str, ...]:
    """What libvirt chooses where nobody says it, for a NIC with this source; it stays as it is then."""
    return ("alias", "address", "target_dev", *(["driver"] if source == HOSTDEV.tag else ()))


PORT_IDS = ("interface_id", "instance_id")
"""Likewise, in ``virtualport``."""
