"""Subnets that somebody else has already: other libvirt networks, the host's own addresses and routes."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_interface, ip_network
from typing import Any

from kvmplan_libvirt.assess.scene import Scene
from kvmplan_libvirt.network.xml import values_of
from kvmplan_libvirt.plain import block, interfaces, text
from kvmplan_sdk import Diagnostic, error, warning
from kvmplan_sdk.host import check

Subnet = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Taken:
    """A subnet that is in use. ``through`` is the interface, ``routed``: only a route leads there."""

    subnet: Subnet
    by: str
    through: str
    routed: bool = False


def check_subnets(scene: Scene) -> Iterator[Diagnostic]:
    ours = _own_bridges(scene)
    taken = [*_of_networks(scene), *(item for item in _of_host(scene) if item.through not in ours)]
    index = _Index.of(taken)
    for change, after in scene.planned("libvirt_network"):
        for number, address in interfaces(after):
            for item in index.overlapping(address.network):
                yield _overlap(address.network, item, change.address, number)


@dataclass(frozen=True, slots=True)
class _Index:
    """Subnets contain each other or are apart: those around one are found by their length, those inside by place."""

    by_subnet: Mapping[Subnet, tuple[Taken, ...]]
    lengths: Mapping[int, tuple[int, ...]]
    starts: Mapping[int, tuple[Subnet, ...]]

    @classmethod
    def of(cls, taken: Iterable[Taken]) -> _Index:
        by_subnet: dict[Subnet, list[Taken]] = defaultdict(list)
        for item in taken:
            by_subnet[item.subnet].append(item)
        versions = {version: [one for one in by_subnet if one.version == version] for version in (4, 6)}
        return cls(
            {subnet: tuple(items) for subnet, items in by_subnet.items()},
            {version: tuple(sorted({one.prefixlen for one in found})) for version, found in versions.items()},
            {version: tuple(sorted(found, key=_place)) for version, found in versions.items()},
        )

    def overlapping(self, subnet: Subnet) -> Iterator[Taken]:
        shorter = [length for length in self.lengths[subnet.version] if length < subnet.prefixlen]
        for around in (subnet.supernet(new_prefix=length) for length in shorter):
            yield from self.by_subnet.get(around, ())
        starts = self.starts[subnet.version]
        first = bisect_left(starts, int(subnet[0]), key=_place)
        last = bisect_right(starts, int(subnet[-1]), key=_place)
        for inside in starts[first:last]:
            if inside.prefixlen >= subnet.prefixlen:
                yield from self.by_subnet[inside]


def _place(subnet: Subnet) -> int:
    return int(subnet.network_address)


def _overlap(subnet: Subnet, item: Taken, address: str, index: int) -> Diagnostic:
    path = ("ip", index, "address")
    if item.routed and item.subnet.prefixlen < subnet.prefixlen:
        return warning(
            f"{subnet} is cut out of {item.subnet}",
            f"{item.by} leads to {item.subnet}; this part of it will no longer be reached that way.",
            address=address,
            path=path,
        )
    return error(
        f"The subnet {subnet} is already in use",
        f"{item.by} has {item.subnet}. Choose another subnet.",
        address=address,
        path=path,
    )


def _own_bridges(scene: Scene) -> set[str]:
    """Bridges of libvirt networks: ours by plan, and others that are told as networks already."""
    names = set(scene.network_bridges)
    for change in scene.of("libvirt_network"):
        for side in (change.before, change.after):
            names.add(text(block(side or {}, "bridge") or {}, "name") or "")
    return names


def _of_networks(scene: Scene) -> Iterator[Taken]:
    for record in scene.foreign_networks:
        seen = {address.network for _, address in interfaces(values_of(record.any))}
        for subnet in sorted(seen, key=str):
            yield Taken(subnet, f"The libvirt network {record.name}", "")


def _of_host(scene: Scene) -> Iterator[Taken]:
    if not scene.reach.on_host or not any(scene.planned("libvirt_network")):
        return
    connected = set()
    for device in _ip(scene, "addr"):
        for info in device.get("addr_info", []):
            if info.get("scope") != "link" and "local" in info:
                subnet = ip_interface(f"{info['local']}/{info['prefixlen']}").network
                connected.add((subnet, device["ifname"]))
                yield Taken(subnet, f"The host's interface {device['ifname']}", device["ifname"])
    for family in ("-4", "-6"):
        for route in _ip(scene, "route", family):
            if route.get("dst", "default") == "default" or route["dst"].startswith("fe80:"):
                continue
            through, subnet = route.get("dev", ""), ip_network(route["dst"])
            if (subnet, through) not in connected:
                yield Taken(subnet, f"A route of the host (through {through})", through, routed=True)


def _ip(scene: Scene, what: str, *options: str) -> list[dict[str, Any]]:
    shown = check(scene.reach.host.run(["ip", *options, "-j", what, "show"]), f"Listing the host's {what}")
    listed: list[dict[str, Any]] = json.loads(shown or b"[]")
    return listed
