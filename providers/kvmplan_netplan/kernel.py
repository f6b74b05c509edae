"""The host's interfaces as the kernel has them, from one ``ip -j -d addr``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from kvmplan_sdk import Host
from kvmplan_sdk.host import check


@dataclass(frozen=True, slots=True)
class Link:
    """An interface. ``kind`` is empty for hardware; ``stp`` and ``forward_delay`` (centiseconds) are a bridge's."""

    name: str
    kind: str
    up: bool
    mtu: int
    mac: str
    master: str | None
    addresses: tuple[IPv4Interface | IPv6Interface, ...]
    stp: bool = False
    forward_delay: int = 0


def read_links(host: Host) -> Mapping[str, Link]:
    """Every interface of the host, by name."""
    listing = json.loads(check(host.run(["ip", "-j", "-d", "addr"]), "Listing interfaces"))
    found = (_link(item) for item in listing if "ifname" in item)
    return {link.name: link for link in found}


def read_default_devices(host: Host) -> frozenset[str]:
    """The interfaces that the host's default routes use."""
    devices = set()
    for family in ("-4", "-6"):
        listed = check(host.run(["ip", family, "-j", "route", "show", "default"]), "Listing routes")
        devices |= {route["dev"] for route in json.loads(listed or b"[]") if "dev" in route}
    return frozenset(devices)


def ports(links: Mapping[str, Link], bridge: str) -> list[str]:
    return sorted(link.name for link in links.values() if link.master == bridge)


def _link(item: dict[str, object]) -> Link:
    raw: dict[str, dict[str, dict[str, int] | str]] = item  # type: ignore[assignment]
    info = raw.get("linkinfo", {})
    data = info.get("info_data", {})
    assert isinstance(data, dict)
    addresses = item.get("addr_info", [])
    assert isinstance(addresses, list)
    return Link(
        name=str(item["ifname"]),
        kind=str(info.get("info_kind", "")),
        up="UP" in str(item.get("flags", "")).replace("LOWER_UP", ""),
        mtu=int(str(item["mtu"])),
        mac=str(item.get("address", "")),
        master=str(item["master"]) if "master" in item else None,
        addresses=tuple(
            ip_interface(f"{one['local']}/{one['prefixlen']}") for one in addresses if one.get("scope") == "global"
        ),
        stp=bool(data.get("stp_state")),
        forward_delay=data.get("forward_delay", 0),
    )
