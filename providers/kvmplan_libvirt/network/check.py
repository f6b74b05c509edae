"""What cannot work in one network by itself, told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan_libvirt.network.check_dhcp import check_dhcp
from kvmplan_libvirt.network.model import BRIDGE, MODES, NAT, NETWORK, OPEN, OWN_BRIDGE, ROUTED
from kvmplan_libvirt.plain import Interface, block, blocks, interfaces, parse_address, text
from kvmplan_libvirt.spelling import canonical
from kvmplan_libvirt.versions import VLAN_ON_BRIDGE, check_versions, spelled
from kvmplan_sdk import UNKNOWN, Diagnostic, Object, Path, Value, error
from kvmplan_sdk.values import format_path

OPEN_WITHOUT_ADDRESS = 10_008_000
"""Since this version of libvirt (10.8.0) a network of mode ``open`` needs no address of the host."""

_ON_DEVICES = frozenset(MODES) - OWN_BRIDGE
_HOSTDEV = frozenset({"hostdev"})
_ONLY_FOR: Mapping[Path, frozenset[str]] = {
    ("bridge", "name"): OWN_BRIDGE | {BRIDGE},
    **{("bridge", name): OWN_BRIDGE for name in ("stp", "delay", "zone", "mac_table_manager")},
    **{(name,): OWN_BRIDGE for name in ("mac", "mtu", "domain", "dnsmasq_options", "ip", "route")},
    **{("dns", name): OWN_BRIDGE for name in ("forwarder", "host", "txt", "srv")},
    ("nat",): frozenset({NAT}),
    **{(name,): frozenset({NAT, ROUTED}) | _ON_DEVICES for name in ("dev", "interface")},
    **{(name,): _HOSTDEV for name in ("pf", "address", "managed", "driver", "driver_model")},
}
"""In which modes an argument means something; libvirt refuses, or drops, it in the others."""


def check(values: Object, configured: Object, version: int) -> Iterator[Diagnostic]:
    mode = text(values, "mode")
    if mode is not None:
        yield from _check_mode(values, configured, mode, version)
    yield from check_versions(NETWORK, configured, version)
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


def _check_mode(values: Object, configured: Object, mode: str, version: int) -> Iterator[Diagnostic]:
    yield from _check_arguments(configured, mode)
    if values.get("ip") == [] and _needs_address(mode, version):
        yield error(
            f'A network of mode "{mode}" needs an address',
            "Add an `ip` block with the host's address on the network, such as "
            '`ip { address = "192.168.150.1"  prefix = 24 }`, or write `mode = "isolated"`.',
            path=("mode",),
        )
    if mode in _ON_DEVICES and not _has_device(values, configured, mode):
        yield _no_device(mode)
    on_linux_bridge = mode in OWN_BRIDGE or (mode == BRIDGE and values.get("virtualport") is None)
    if on_linux_bridge and version < VLAN_ON_BRIDGE and values.get("vlan") is not None:
        yield error(
            "VLANs of a Linux bridge need libvirt 11.0",
            f"The host has {spelled(version)}. Use an Open vSwitch bridge "
            '(`virtualport { type = "openvswitch" }`), or make the bridge on a VLAN interface of the host.',
            path=("vlan",),
        )


def _check_arguments(configured: Object, mode: str) -> Iterator[Diagnostic]:
    for path, modes in _ONLY_FOR.items():
        if mode not in modes and canonical(_at(configured, path)) not in (None, [], UNKNOWN):
            yield error(
                f'`{format_path(path)}` is not for mode "{mode}"',
                f"It is for {', '.join(known for known in MODES if known in modes)}. Take it out, or choose another "
                "mode. Where guests are on a bridge of the host, its settings belong to whoever makes it, "
                "`netplan_bridge` for example.",
                path=path,
            )


def _has_device(values: Object, configured: Object, mode: str) -> bool:
    devices = [values.get(name) for name in ("dev", "interface", "pf", "address")]
    bridge = _at(configured, ("bridge", "name")) if mode == BRIDGE else None
    return any(device not in (None, []) for device in (*devices, bridge))


def _no_device(mode: str) -> Diagnostic:
    if mode == BRIDGE:
        return error(
            "The host's bridge is missing",
            'Guests are on a bridge of the host: name it with `bridge { name = "br0" }`.',
            path=("mode",),
        )
    return error(
        "The host's device is missing",
        f'A network of mode "{mode}" uses devices of the host: name one with `dev = "eth1"`.',
        path=("mode",),
    )


def _at(values: Object, path: Path) -> Value:
    value: Value = values
    for step in path:
        value = value.get(str(step)) if isinstance(value, Mapping) else None
    return value


def _needs_address(mode: str, version: int) -> bool:
    return mode in {NAT, ROUTED} or (mode == OPEN and version < OPEN_WITHOUT_ADDRESS)


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
        yield from check_dhcp(dhcp, interface, (*at, "dhcp"))


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
