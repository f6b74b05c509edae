"""What cannot work in the addresses of one network: the host's own, the subnets around them, and the routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan_libvirt.network.check_dhcp import check_address, check_dhcp
from kvmplan_libvirt.plain import Interface, block, blocks, interfaces, parse_address, parse_interface, text
from kvmplan_sdk import UNKNOWN, Diagnostic, Object, Path, error


def check_addresses(values: Object, configured: Object) -> Iterator[Diagnostic]:
    for kind in ("ip", "route"):
        for index, written in enumerate(blocks(configured, kind)):
            if written.get("prefix") is None and written.get("netmask") is None:
                yield error(
                    "The subnet's size is missing",
                    f"Say how large the subnet of {text(written, 'address')} is: `prefix = 24`, for example.",
                    path=(kind, index),
                )
    addresses = dict(interfaces(values))
    for index, ip in enumerate(blocks(values, "ip")):
        yield from _check_ip(ip, addresses.get(index), ("ip", index))
    yield from _check_one_dhcp_per_family(values, addresses)
    yield from _check_overlaps(addresses)
    if isinstance(values.get("ip"), list) and len(addresses) == len(blocks(values, "ip")):
        for index, route in enumerate(blocks(values, "route")):
            yield from _check_route(route, addresses, ("route", index))


def _check_ip(ip: Object, interface: Interface | None, at: Path) -> Iterator[Diagnostic]:
    if interface is None:
        yield from _check_size(ip, at)
        return
    yield from _check_family(ip, interface, at)
    yield from check_address(interface.ip, interface, (*at, "address"))
    dhcp = block(ip, "dhcp")
    if dhcp is None:
        return
    if interface.network.num_addresses <= 2:
        yield error(
            f"{interface.network} has no address for a guest",
            "DHCP needs a larger subnet: choose a shorter `prefix`, or take `dhcp` out.",
            path=(*at, "prefix"),
        )
    yield from check_dhcp(dhcp, interface, (*at, "dhcp"))


def _check_size(subnet: Object, at: Path) -> Iterator[Diagnostic]:
    address, prefix = text(subnet, "address"), subnet.get("prefix")
    if parse_address(address) and prefix is not None and prefix is not UNKNOWN:
        yield error(f"{prefix} bits are too many for {address}", "An IPv4 prefix has at most 32.", path=(*at, "prefix"))


def _check_family(subnet: Object, interface: Interface, at: Path) -> Iterator[Diagnostic]:
    family = subnet.get("family")
    if family is not UNKNOWN and family != f"ipv{interface.version}":
        yield error(
            f"{interface.ip} is no {family} address", "Leave `family` out: it follows from it.", path=(*at, "family")
        )


def _check_one_dhcp_per_family(values: Object, addresses: Mapping[int, Interface]) -> Iterator[Diagnostic]:
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


def _check_overlaps(addresses: Mapping[int, Interface]) -> Iterator[Diagnostic]:
    """Subnets contain each other or are apart, so a look at the one before, in their order, is enough."""
    around: Interface | None = None
    ordered = sorted(addresses.items(), key=lambda item: (item[1].version, int(item[1].network[0]), item[1].network))
    for index, interface in ordered:
        if around is not None and interface.version == around.version and interface.ip in around.network:
            yield error(
                f"The subnets {around.network} and {interface.network} overlap",
                "Each `ip` block is a subnet of its own. Take them apart, or keep one.",
                path=("ip", index, "address"),
            )
        else:
            around = interface


def _check_route(route: Object, addresses: Mapping[int, Interface], at: Path) -> Iterator[Diagnostic]:
    interface = parse_interface(route.get("address"), route.get("prefix"))
    if interface is None:
        yield from _check_size(route, at)
    else:
        yield from _check_family(route, interface, at)
        if interface.ip != interface.network[0]:
            yield error(
                f"{interface.ip} is no subnet of {interface.network.prefixlen} bits",
                f'Its subnet is {interface.network}: write `address = "{interface.network[0]}"`.',
                path=(*at, "address"),
            )
    gateway = parse_address(route.get("gateway"))
    if gateway is None:
        return
    if not any(gateway in address.network for address in addresses.values()):
        there = ", ".join(str(address.network) for address in addresses.values()) or "none"
        yield error(
            f"The gateway {gateway} is not on the network",
            f"A route leads through a guest, so its address is in one of the network's subnets: {there}.",
            path=(*at, "gateway"),
        )
    elif any(gateway == address.ip for address in addresses.values()):
        yield error(
            f"The gateway {gateway} is the host itself",
            "The route would lead from the host to the host. Name the guest that it goes through.",
            path=(*at, "gateway"),
        )
