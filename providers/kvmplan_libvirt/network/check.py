"""What cannot work in one network by itself, told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_libvirt.network.model import BRIDGE, ISOLATED, OPEN
from kvmplan_libvirt.plain import Address, Interface, block, blocks, interfaces, parse_address, text
from kvmplan_libvirt.spelling import canonical
from kvmplan_sdk import UNKNOWN, Diagnostic, Object, Path, Value, error, warning

OPEN_WITHOUT_ADDRESS = 10_008_000
"""Since this version of libvirt (10.8.0) a network of mode ``open`` needs no address of the host."""


def check(values: Object, configured: Object, version: int) -> Iterator[Diagnostic]:
    mode = text(values, "mode")
    if mode == BRIDGE:
        yield from _check_host_bridge(values, configured)
    elif values.get("ip") == [] and _needs_address(mode, version):
        yield error(
            f'A network of mode "{mode}" needs an address',
            "Add an `ip` block with the host's address on the network, such as "
            '`ip { address = "192.168.150.1"  prefix = 24 }`, or write `mode = "isolated"`.',
            path=("mode",),
        )
    for index, written in enumerate(blocks(configured, "ip")):
        if written.get("prefix") is None and written.get("netmask") is None:
            yield error(
                "The subnet's size is missing",
                f"Say how large the subnet of {text(written, 'address')} is: `prefix = 24`, for example.",
                path=("ip", index),
            )
    addresses = dict(interfaces(values))
    for index, ip in enumerate(blocks(values, "ip")):
        yield from _check_ip(ip, addresses.get(index), ("ip", index))
    yield from _check_one_dhcp_per_family(values, addresses)


def _needs_address(mode: str | None, version: int) -> bool:
    if mode in (None, ISOLATED):
        return False
    return mode != OPEN or version < OPEN_WITHOUT_ADDRESS


def _check_host_bridge(values: Object, configured: Object) -> Iterator[Diagnostic]:
    bridge = block(configured, "bridge") or {}
    if bridge.get("name") is None:
        yield error(
            "The host's bridge is missing",
            'A network of mode "bridge" uses a bridge of the host: name it with `bridge { name = "br0" }`.',
            path=("bridge",),
        )
    refused: list[tuple[Path, Value]] = [(("bridge", name), bridge.get(name)) for name in ("stp", "delay")]
    refused += [((name,), configured.get(name)) for name in ("mac", "mtu", "domain")]
    if blocks(values, "ip"):
        refused.append((("ip", 0), True))
    for path, value in refused:
        if value is not None:
            yield error(
                f'`{path[0] if len(path) == 1 or path[0] == "ip" else path[1]}` is not for mode "bridge"',
                "The bridge and its addresses belong to the host. Take it out here and set it where the host's bridge "
                "is made, in `netplan_bridge` for example.",
                path=path,
            )


def _check_ip(ip: Object, interface: Interface | None, at: Path) -> Iterator[Diagnostic]:
    if interface is None:
        address, prefix = text(ip, "address"), ip.get("prefix")
        if parse_address(address) and prefix is not None and prefix is not UNKNOWN:
            yield error(
                f"{prefix} bits are too many for {address}", "An IPv4 prefix has at most 32.", path=(*at, "prefix")
            )
        return
    family = ip.get("family")
    if family is not UNKNOWN and family != f"ipv{interface.version}":
        yield error(
            f"{interface.ip} is no {family} address", "Leave `family` out: it follows from it.", path=(*at, "family")
        )
    if interface.ip == interface.network.network_address and interface.network.num_addresses > 2:
        yield error(
            f"{interface.ip} is the subnet itself",
            f"Take an address inside {interface.network}, such as {interface.network[1]}.",
            path=(*at, "address"),
        )
    dhcp = block(ip, "dhcp")
    if dhcp is not None:
        if dhcp.get("range") == [] and dhcp.get("host") == []:
            yield error("An empty `dhcp` block", "Give it a `range` or a `host`, or take it out.", path=(*at, "dhcp"))
        yield from _check_ranges(dhcp, interface, (*at, "dhcp"))
        yield from _check_hosts(dhcp, interface, (*at, "dhcp"))


def _check_ranges(dhcp: Object, interface: Interface, at: Path) -> Iterator[Diagnostic]:
    for index, item in enumerate(blocks(dhcp, "range")):
        first, last = parse_address(item.get("start")), parse_address(item.get("end"))
        for name, address in (("start", first), ("end", last)):
            if address is not None and address not in interface.network:
                yield _outside(address, interface, (*at, "range", index, name))
        if first and last and first.version == last.version and int(first) > int(last):
            yield error(
                f"The range {first} to {last} is empty",
                "Write the lower address as `start`.",
                path=(*at, "range", index),
            )
        elif first and last and int(first) <= int(interface.ip) <= int(last):
            yield error(
                f"The range {first} to {last} holds the host's own address",
                f"A guest could be given {interface.ip}. Begin the range after it.",
                path=(*at, "range", index),
            )


def _check_hosts(dhcp: Object, interface: Interface, at: Path) -> Iterator[Diagnostic]:
    seen: dict[tuple[str, Value], int] = {}
    for index, host in enumerate(blocks(dhcp, "host")):
        place = (*at, "host", index)
        address = parse_address(host.get("ip"))
        if address is not None and address not in interface.network:
            yield _outside(address, interface, (*place, "ip"))
        if interface.version == 6 and text(host, "mac"):
            yield error(
                "An IPv6 reservation has no MAC address", "Use `id` (the guest's DUID) or `name`.", path=(*place, "mac")
            )
        elif all(host.get(name) is None for name in ("mac", "id", "name")):
            yield error("The reservation names no guest", "Add its `mac`, or its `name`.", path=place)
        for name in ("mac", "id", "name", "ip"):
            value = canonical(host.get(name))
            if isinstance(value, str) and seen.setdefault((name, value), index) != index:
                yield error(
                    f"Two reservations for {value}", f"Each `{name}` may be reserved once.", path=(*place, name)
                )
        for item in blocks(dhcp, "range"):
            first, last = parse_address(item.get("start")), parse_address(item.get("end"))
            if address and first and last and first.version == address.version and first <= address <= last:  # type: ignore[operator]
                yield warning(
                    f"The reserved {address} lies inside the range {first} to {last}",
                    "It works, but the range is smaller than it looks; keep reservations outside of it.",
                    path=(*place, "ip"),
                )


def _outside(address: Address, interface: Interface, path: Path) -> Diagnostic:
    return error(f"{address} is outside the subnet", f"Take an address inside {interface.network}.", path=path)


def _check_one_dhcp_per_family(values: Object, addresses: dict[int, Interface]) -> Iterator[Diagnostic]:
    serving: set[int] = set()
    for index, ip in enumerate(blocks(values, "ip")):
        interface = addresses.get(index)
        if interface is None or block(ip, "dhcp") is None:
            continue
        if interface.version in serving:
            yield error(
                f"A second IPv{interface.version} subnet with DHCP",
                "libvirt serves one IPv4 and one IPv6 subnet of a network. Take `dhcp` out of one of them, or make "
                "another network.",
                path=("ip", index, "dhcp"),
            )
        serving.add(interface.version)
