"""The tap of a running guest's NIC: whether it is on the bridge that libvirt put it on, and putting it back.

A bridge that is removed and made again, by whomever, comes back without its ports; libvirt does not notice.
"""

from __future__ import annotations

import json

from kvmplan_libvirt.inventory import Inventory, Nic
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import Host
from kvmplan_sdk.host import check


def is_loose(inventory: Inventory, nic: Nic | None) -> bool:
    """Whether ``nic``, of a running guest, has a tap that is on no bridge, or not on its own."""
    if nic is None or nic.target is None or inventory.bridge_of is None:
        return False
    bridge = bridge_meant(inventory, nic)
    return bridge is not None and inventory.bridge_of.get(nic.target) != bridge


def bridge_meant(inventory: Inventory, nic: Nic) -> str | None:
    """The bridge of the NIC's source: the one named, or that of its network; where that does not run, the one it had.

    What the guest's own document says of the network's bridge is as old as the NIC.
    """
    network = None if nic.network is None else inventory.network_named(nic.network)
    if network is not None and network.live is not None:
        bridge = network.live.find("bridge")
        return None if bridge is None else bridge.get("name")
    source = nic.element.find("source")
    return None if source is None else source.get("bridge")


def put_back(reach: Reach, nic: Nic | None) -> None:
    """Put the tap of ``nic`` on its bridge. Raises `HostError` when the kernel refuses."""
    if nic is None or nic.target is None or reach.kernel is None:
        return
    bridge = bridge_meant(reach.inventory, nic)
    if bridge is not None and _bridge_under(reach.kernel, nic.target) != bridge:
        argv = ["ip", "link", "set", "dev", nic.target, "master", bridge, "up"]
        check(reach.kernel.run(argv), f"Putting {nic.target} of guest {nic.domain} back on {bridge}")


def _bridge_under(host: Host, tap: str) -> str | None:
    shown = check(host.run(["ip", "-j", "link", "show", "dev", tap]), f"Looking at {tap}")
    return next((link.get("master") for link in json.loads(shown or b"[]")), None)
