"""The tap of a running guest's NIC: whether it is on the bridge that libvirt put it on, and putting it back.

A bridge that is removed and made again, by whomever, comes back without its ports; libvirt does not notice.
"""

from __future__ import annotations

from kvmplan_libvirt.inventory import Inventory, Nic
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk.host import check


def is_loose(inventory: Inventory, nic: Nic | None) -> bool:
    """Whether ``nic``, of a running guest, has a tap that is on no bridge, or not on its own."""
    if nic is None or nic.target is None or inventory.bridge_of is None:
        return False
    bridge = bridge_meant(nic)
    return bridge is not None and inventory.bridge_of.get(nic.target) != bridge


def bridge_meant(nic: Nic) -> str | None:
    """The bridge of the NIC's source: the one named, or that of its network, which libvirt tells while it runs."""
    source = nic.element.find("source")
    return None if source is None else source.get("bridge")


def put_back(reach: Reach, nic: Nic | None) -> None:
    """Put the tap of ``nic`` on its bridge. Raises `HostError` when the kernel refuses."""
    if nic is None or reach.kernel is None or not is_loose(Inventory(reach.connection, reach.kernel), nic):
        return
    argv = ["ip", "link", "set", "dev", str(nic.target), "master", str(bridge_meant(nic)), "up"]
    check(reach.kernel.run(argv), f"Putting {nic.target} of guest {nic.domain} back on {bridge_meant(nic)}")
