"""One form for what libvirt lets one say in several ways, for comparing."""

from __future__ import annotations

from typing import Any

from kvmplan_libvirt.plain import thawed
from kvmplan_sdk import Object

_DEFAULT_PORTS = {"start": 1024, "end": 65535}


def fold(values: Object) -> dict[str, Any]:
    """A network's values with what follows from others made explicit, and what is libvirt's default left out.

    ``dev`` is the only one of a pool of devices; several VLAN tags, or a native one, make a trunk.
    """
    folded: dict[str, Any] = thawed(values)
    if folded.get("dev") and not folded.get("interface"):
        folded["interface"] = [{"dev": folded["dev"]}]
    folded["dev"] = None
    nat = folded.get("nat")
    if isinstance(nat, dict) and nat.get("port") == _DEFAULT_PORTS:
        nat["port"] = None
    groups = folded.get("portgroup")
    for holder in (folded, *(groups if isinstance(groups, list) else ())):
        _fold_vlan(holder.get("vlan"))
    return folded


def _fold_vlan(vlan: Any) -> None:
    if isinstance(vlan, dict) and isinstance(vlan["tag"], list):
        tags = [tag for tag in vlan["tag"] if isinstance(tag, dict)]
        vlan["trunk"] = vlan["trunk"] or len(tags) > 1 or any(tag["native_mode"] for tag in tags) or None
