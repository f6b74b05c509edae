"""``libvirt_node``: the host that libvirt runs on, the versions there, and what they lack."""

from __future__ import annotations

import json
import re
from typing import Any

from kvmplan_libvirt.data.told import told
from kvmplan_libvirt.errors import calling
from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.inventory import Inventory
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.reach import Reach
from kvmplan_libvirt.versions import lacking, spelled
from kvmplan_sdk import Host, Object, ObjectSchema
from kvmplan_sdk.host import check
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.types import ListType, ObjectType

NFTABLES_BACKEND = 10_004_000
"""Since this version of libvirt (10.4.0) its own firewall rules are in nftables, unless its configuration says else."""
_CONFIGURATION = "/etc/libvirt/network.conf"
_BACKEND = re.compile(r'^\s*firewall_backend\s*=\s*"(\w+)"', re.MULTILINE)

NODE = ObjectSchema(
    doc="The host that libvirt runs on.",
    attributes={
        "hostname": told(STRING, "What the host calls itself."),
        "libvirt_version": told(STRING, "Version of libvirt, such as `9.0.0`."),
        "hypervisor": told(STRING, "Kind of hypervisor, such as `QEMU`."),
        "hypervisor_version": told(STRING, "Its version."),
        "firewall_backend": told(
            STRING, "Where libvirt's own firewall rules are: `iptables` or `nftables`; null where nobody can tell."
        ),
        "lacks": told(
            ListType(STRING), "Arguments that a later version of libvirt has, such as `libvirt_network.title`."
        ),
        "interfaces": told(
            ListType(ObjectType({"name": STRING, "mac": STRING, "mtu": NUMBER, "state": STRING, "bridge": STRING})),
            "The host's interfaces by name: `name`, `mac`, `mtu`, `state` (`up`, `down`, `unknown`), and `bridge`, the "
            "one that it is a port of.",
        ),
    },
)


def read_node(reach: Reach, _inventory: Inventory, _configuration: Object) -> Object:
    connection = reach.connection
    with calling("Asking libvirt about the host"):
        hostname, kind, version = connection.getHostname(), connection.getType(), connection.getVersion()
    return {
        "hostname": hostname,
        "libvirt_version": spelled(reach.version),
        "hypervisor": kind,
        "hypervisor_version": spelled(version),
        "firewall_backend": None if reach.kernel is None else _firewall_backend(reach.kernel, reach.version),
        "lacks": sorted(
            path
            for type_, node in (("libvirt_network", NETWORK), ("libvirt_interface", INTERFACE))
            for path in lacking(node, type_, reach.version)
        ),
        "interfaces": [] if reach.kernel is None else _interfaces(reach.kernel),
    }


def _firewall_backend(host: Host, version: int) -> str:
    if version < NFTABLES_BACKEND:
        return "iptables"
    said = _BACKEND.search((host.read_file(_CONFIGURATION) or b"").decode())
    return said[1] if said else "nftables"


def _interfaces(host: Host) -> list[dict[str, Any]]:
    listed = json.loads(check(host.run(["ip", "-j", "link", "show"]), "Listing the host's interfaces") or b"[]")
    return [
        {
            "name": link["ifname"],
            "mac": link.get("address"),
            "mtu": link["mtu"],
            "state": link["operstate"].lower(),
            "bridge": link.get("master"),
        }
        for link in sorted(listed, key=lambda link: str(link["ifname"]))
    ]
