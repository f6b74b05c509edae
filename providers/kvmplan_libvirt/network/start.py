"""Starting a network, also where a libvirt that was killed while it started or stopped it has left bridge and dnsmasq.

libvirt itself knows nothing of them then, and finds its own bridge in the way for ever.
"""

from __future__ import annotations

import json
from collections.abc import Set
from xml.etree import ElementTree as ET

from kvmplan_libvirt.api import Network
from kvmplan_libvirt.errors import is_broken
from kvmplan_libvirt.inventory import network_record
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Host
from kvmplan_sdk.host import check


def start(reach: Reach, network: Network, taps: Set[str] = frozenset()) -> None:
    """``taps``: of the running guests on the network, which are put on its bridge afterwards."""
    import libvirt

    try:
        network.create()
    except libvirt.libvirtError as problem:
        if is_broken(problem) or not clear(reach.kernel, network_record(network).any, taps):
            raise
        network.create()


def clear(kernel: Host | None, network: ET.Element, taps: Set[str] = frozenset()) -> bool:
    """Remove what is left of ``network``, which does not run; returns whether there was anything.

    The bridge is known by its name and by the MAC address of the definition. One that has ports is in use by somebody,
    but for ``taps``: a libvirt that was killed while it stopped the network has left its guests there.
    """
    bridge, mac = network.find("bridge"), network.find("mac")
    if kernel is None or bridge is None or mac is None:
        return False
    name = bridge.get("name", "")
    if not _is_left(kernel, name, mac.get("address", ""), taps):
        return False
    _end_dnsmasq(kernel, network.findtext("name", ""))
    check(kernel.run(["ip", "link", "delete", "dev", name, "type", "bridge"]), f"Removing the left bridge {name}")
    return True


def _is_left(kernel: Host, bridge: str, mac: str, taps: Set[str]) -> bool:
    shown = kernel.run(["ip", "-d", "-j", "link", "show", "dev", bridge])
    links = json.loads(shown.stdout or b"[]") if shown.ok else []
    if not any(link.get("address") == mac.lower() and _kind(link) == "bridge" for link in links):
        return False
    ports = check(kernel.run(["ip", "-j", "link", "show", "master", bridge]), f"Listing the ports of {bridge}")
    return all(port.get("ifname") in taps for port in json.loads(ports or b"[]"))


def _kind(link: dict[str, dict[str, str]]) -> str:
    return link.get("linkinfo", {}).get("info_kind", "")


def _end_dnsmasq(kernel: Host, network: str) -> None:
    pid = (kernel.read_file(f"/run/libvirt/network/{network}.pid") or b"").strip().decode()
    command = (kernel.read_file(f"/proc/{pid}/cmdline") or b"") if pid.isdigit() else b""
    if f"/dnsmasq/{network}.conf".encode() in command:
        kernel.run(["kill", pid])
