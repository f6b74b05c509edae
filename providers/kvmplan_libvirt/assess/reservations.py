"""NICs for which an address is reserved in a network that they are not on: they get another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.plain import block, blocks, text
from kvmplan_sdk import UNKNOWN, Diagnostic, warning


def check_reservations(scene: Scene) -> Iterator[Diagnostic]:
    reserved = _reserved(scene)
    for change, after in scene.planned("libvirt_interface"):
        network, mac = text(after, "network"), (text(after, "mac") or "").lower()
        places = reserved.get(mac, {})
        if places and network not in places and after.get("network") is not UNKNOWN:
            where = " and ".join(f"{name} ({who})" for name, who in sorted(places.items()))
            yield warning(
                f"The address reserved for {mac} is in another network",
                f"It is in {where}; the NIC is {f'on {network}' if network else 'on no libvirt network'}, and will not "
                "get it. Plug the NIC in there, or reserve the address here.",
                address=change.address,
                path=("mac",),
            )


def _reserved(scene: Scene) -> Mapping[str, Mapping[str, str]]:
    """By MAC address: the networks that have a reservation for it, and who says so."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    staying = scene.networks_to_be - scene.networks_planned
    for record in scene.inventory.networks.values():
        if record.name in staying:
            for host in record.any.iterfind("ip/dhcp/host[@mac]"):
                found[str(host.get("mac")).lower()][record.name] = "as it is on the host"
    for change, after in scene.planned("libvirt_network"):
        for ip in blocks(after, "ip"):
            for inside in blocks(block(ip, "dhcp") or {}, "host"):
                found[(text(inside, "mac") or "").lower()][text(after, "name") or ""] = change.address
    for change, after in scene.planned("libvirt_dhcp_host"):
        found[(text(after, "mac") or "").lower()][text(after, "network") or ""] = change.address
    return found
