"""What cannot work in one network by itself, told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kvmplan_libvirt.network.check_addresses import check_addresses
from kvmplan_libvirt.network.model import BRIDGE, MODES, NAT, NETWORK, OPEN, OWN_BRIDGE, ROUTED
from kvmplan_libvirt.plain import block, blocks, text
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
    **{(name,): _HOSTDEV for name in ("address", "managed", "driver", "driver_model")},
    ("pf",): _HOSTDEV | {"passthrough"},
}
"""In which modes an argument means something; libvirt refuses, or drops, it in the others."""


def check(values: Object, configured: Object, version: int) -> Iterator[Diagnostic]:
    mode = text(values, "mode")
    if mode is not None:
        yield from _check_mode(values, configured, mode, version)
    yield from check_versions(NETWORK, configured, version)
    yield from check_addresses(values, configured)
    yield from _check_services(block(configured, "dns") or {})
    yield from _check_twice(values)


def _check_services(dns: Object) -> Iterator[Diagnostic]:
    """libvirt takes where a service is only of one that is anywhere."""
    for index, service in enumerate(blocks(dns, "srv")):
        said = [name for name in ("port", "priority", "weight") if service.get(name) is not None]
        if service.get("target") is None and said:
            yield error(
                f"The service {text(service, 'service')} has no target",
                f"{' and '.join(f'`{name}`' for name in said)} say how it is reached: add its `target`, the host that "
                "offers it.",
                path=("dns", "srv", index),
            )


def _check_twice(values: Object) -> Iterator[Diagnostic]:
    dns = block(values, "dns") or {}
    yield from twice(
        blocks(dns, "host"), "ip", "DNS records", ("dns", "host"), "Write all names into one `host` block."
    )
    groups = blocks(values, "portgroup")
    yield from twice(groups, "name", "port groups", ("portgroup",), "Each has a name of its own.")
    defaults = [index for index, group in enumerate(groups) if group.get("default") is True]
    for index in defaults[1:]:
        yield error(
            "A second port group is the default one",
            "NICs that name no group are of one only.",
            path=("portgroup", index, "default"),
        )


def twice(items: Sequence[Object], name: str, what: str, at: Path, remedy: str) -> Iterator[Diagnostic]:
    """An error for each of ``items`` whose attribute ``name`` an earlier one has."""
    seen: set[Value] = set()
    for index, item in enumerate(items):
        value = canonical(item.get(name))
        if isinstance(value, str) and value in seen:
            yield error(f"Two {what} of {value}", remedy, path=(*at, index, name))
        elif isinstance(value, str):
            seen.add(value)


def _check_mode(values: Object, configured: Object, mode: str, version: int) -> Iterator[Diagnostic]:
    yield from _check_arguments(configured, mode)
    if values.get("ip") == [] and _needs_address(mode, version):
        yield error(
            f'A network of mode "{mode}" needs an address',
            'Add an `ip` block with the host\'s address on the network (`address = "192.168.150.1"`, and below it '
            '`prefix = 24`), or write `mode = "isolated"`.',
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
