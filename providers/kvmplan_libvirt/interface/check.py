"""What cannot work in one NIC by itself, told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface

from kvmplan_libvirt.interface.source import BRIDGE, DIRECT, HOSTDEV, KINDS, NETWORK, USER, VDPA, VHOSTUSER, kind, kinds
from kvmplan_libvirt.plain import block, blocks, text
from kvmplan_libvirt.spelling import canonical
from kvmplan_libvirt.versions import VLAN_ON_BRIDGE, spelled
from kvmplan_sdk import UNKNOWN, Diagnostic, Object, Path, Value, error
from kvmplan_sdk.values import format_path

PASST = 9_000_000
"""Since this version of libvirt (9.0.0) NICs in user mode can be passt's."""

_BRIDGED = frozenset({NETWORK, BRIDGE})
_TAPPED = _BRIDGED | {DIRECT}
_ONLY_FOR: Mapping[Path, frozenset[str]] = {
    ("portgroup",): frozenset({NETWORK}),
    ("model",): frozenset(KINDS) - {HOSTDEV},
    ("link_state",): frozenset(KINDS) - {HOSTDEV, VDPA},
    ("mtu",): _BRIDGED | {VHOSTUSER},
    ("port_isolated",): _BRIDGED,
    ("trust_guest_rx_filters",): _TAPPED,
    ("bandwidth",): _TAPPED,
    ("bandwidth", "inbound", "floor"): frozenset({NETWORK}),
    ("filterref",): _BRIDGED,
    ("coalesce",): _BRIDGED,
    ("vlan",): _TAPPED | {HOSTDEV},
    ("virtualport",): _TAPPED | {HOSTDEV},
    ("tune",): _TAPPED,
    ("target_dev",): _TAPPED,
    ("ip",): frozenset({USER}),
    ("port_forward",): frozenset({USER}),
    ("user", "dev"): frozenset({USER}),
    ("backend", "type"): frozenset({USER}),
    ("backend", "log_file"): frozenset({USER}),
    ("backend", "tap"): _BRIDGED,
    ("backend", "vhost"): _TAPPED,
    ("driver", "tx_queue_size"): frozenset({VHOSTUSER, VDPA}),
}
"""For which sources an argument means something; libvirt refuses, or drops, it with the others."""

_VIRTIO = frozenset({"virtio", "virtio-transitional", "virtio-non-transitional"})
_HANDED_OVER = frozenset({"vfio", "kvm"})


@dataclass(frozen=True, slots=True)
class _Needs:
    """``argument`` needs ``path`` to be one of ``values``; None stands for what is not said."""

    argument: Path
    path: Path
    values: frozenset[str | None]


_VIRTIO_ONLY: tuple[Path, ...] = (
    *(("driver", name) for name in ("queues", "rx_queue_size", "tx_queue_size", "txmode", "ioeventfd", "event_idx")),
    *(
        ("driver", name)
        for name in ("rss", "rss_hash_report", "iommu", "ats", "packed", "page_per_vq", "host", "guest")
    ),
    ("trust_guest_rx_filters",),
)
_NEEDS = (
    *(_Needs(argument, ("model",), _VIRTIO) for argument in _VIRTIO_ONLY),
    _Needs(("port_forward",), ("backend", "type"), frozenset({"passt"})),
    _Needs(("backend", "log_file"), ("backend", "type"), frozenset({"passt"})),
    _Needs(("user", "dev"), ("backend", "type"), frozenset({"passt"})),
    _Needs(("driver", "rss_hash_report"), ("driver", "rss"), frozenset({"on"})),
    _Needs(("vhostuser", "reconnect"), ("vhostuser", "mode"), frozenset({"client"})),
    _Needs(("rom", "bar"), ("rom", "enabled"), frozenset({"yes", None})),
    _Needs(("rom", "file"), ("rom", "enabled"), frozenset({"yes", None})),
    _Needs(("teaming", "persistent"), ("teaming", "type"), frozenset({"transient"})),
)


def check(values: Object, configured: Object, version: int) -> Iterator[Diagnostic]:
    """``values``: the NIC as planned; ``configured``: as written."""
    yield from _check_source(configured)
    source = kind(configured)
    if source is not None:
        yield from _check_arguments(configured, source)
        yield from _check_driver(values, source)
        yield from _check_vlan(values, source, version)
    yield from _check_needs(values, configured)
    yield from _check_teaming(configured)
    yield from _check_bandwidth(configured)
    yield from _check_addresses(configured)
    yield from _check_ranges(configured)
    yield from _check_place(values)
    if configured.get("port_isolated") is True and configured.get("virtualport") is not None:
        yield error(
            "A port of another switch cannot be isolated",
            "`port_isolated` is for Linux bridges. Take it out, or `virtualport`.",
            path=("port_isolated",),
        )
    if _at(configured, ("backend", "type")) == "passt" and version < PASST:
        yield error(
            "passt needs libvirt 9.0.0", f"The host has {spelled(version)}. Use SLIRP, or update libvirt.",
            path=("backend", "type"),
        )  # fmt: skip


def _check_source(configured: Object) -> Iterator[Diagnostic]:
    found = kinds(configured)
    if not found:
        yield error(
            "The NIC is attached to nothing",
            'Say what it is attached to: `network = "NAME"` of a libvirt network; `bridge = "NAME"` of the host; or '
            f"one of the blocks {', '.join(f'`{name}`' for name in KINDS if name not in _BRIDGED)}.",
        )
    if len(found) > 1:
        told = " and ".join(f"`{name}`" for name in found)
        yield error(f"The NIC is attached to {len(found)} things", f"It has {told}. Leave one.", path=(found[1],))


def _check_arguments(configured: Object, source: str) -> Iterator[Diagnostic]:
    for path, sources in _ONLY_FOR.items():
        if source not in sources and _is_said(_at(configured, path)):
            told = ", ".join(f"`{name}`" for name in KINDS if name in sources)
            yield error(
                f"`{format_path(path)}` is not for a NIC with `{source}`",
                f"It is for {told}. Take it out, or attach the NIC to something else.",
                path=path,
            )


def _is_said(value: Value) -> bool:
    return value is not UNKNOWN and canonical(value) not in (None, [], "up")


def _check_needs(values: Object, configured: Object) -> Iterator[Diagnostic]:
    for needs in _NEEDS:
        there = _at(values, needs.path)
        if there is UNKNOWN or there in needs.values or not _is_said(_at(configured, needs.argument)):
            continue
        wish = " or ".join(f'"{value}"' for value in sorted(filter(None, needs.values)))
        yield error(
            f"`{format_path(needs.argument)}` needs `{format_path(needs.path)} = {wish}`",
            f"It is {'not said' if there is None else repr(there)} here. Say it, or take "
            f"`{format_path(needs.argument)}` out.",
            path=needs.argument,
        )


def _check_driver(values: Object, source: str) -> Iterator[Diagnostic]:
    name = _at(values, ("driver", "name"))
    if name in (None, UNKNOWN) or (name in _HANDED_OVER) == (source == HOSTDEV):
        return
    other = "`vfio` and `kvm`" if source == HOSTDEV else "`vhost` and `qemu`"
    yield error(
        f"The driver {name} is not for a NIC with `{source}`", f"Here there are {other}.", path=("driver", "name")
    )


def _check_vlan(values: Object, source: str, version: int) -> Iterator[Diagnostic]:
    if values.get("vlan") is None:
        return
    if source == DIRECT and _at(values, ("direct", "mode")) not in ("passthrough", UNKNOWN):
        yield error(
            'A VLAN with `direct` needs `mode = "passthrough"`',
            "Only a device that is the guest's alone, a virtual function of SR-IOV, can tag. Else make a VLAN "
            "interface on the host, and name that.",
            path=("vlan",),
        )
    if source == BRIDGE and values.get("virtualport") is None and version < VLAN_ON_BRIDGE:
        yield error(
            "VLANs of a Linux bridge need libvirt 11.0",
            f'The host has {spelled(version)}. Use an Open vSwitch bridge (`virtualport {{ type = "openvswitch" }}`), '
            "or a bridge on a VLAN interface of the host.",
            path=("vlan",),
        )


def _check_teaming(configured: Object) -> Iterator[Diagnostic]:
    teaming = block(configured, "teaming") or {}
    if text(teaming, "type") == "transient" and teaming.get("persistent") is None:
        yield error(
            "The NIC that goes does not say which one stays",
            "Give `persistent`, the `alias` of the other NIC of the pair.",
            path=("teaming",),
        )


def _check_bandwidth(configured: Object) -> Iterator[Diagnostic]:
    for way in ("inbound", "outbound"):
        limits = block(block(configured, "bandwidth") or {}, way)
        if limits is None:
            continue
        if way == "outbound" and limits.get("floor") is not None:
            yield error(
                "Only what comes in can be guaranteed", "Write `floor` in `inbound`.", path=("bandwidth", way, "floor")
            )
        if limits.get("average") is None and limits.get("floor") is None:
            yield error("The average rate is missing", "Give `average`, in KiB/s.", path=("bandwidth", way))


def _check_addresses(configured: Object) -> Iterator[Diagnostic]:
    seen: set[int] = set()
    for index, ip in enumerate(blocks(configured, "ip")):
        address, prefix = text(ip, "address"), ip.get("prefix")
        if address is None:
            continue
        version = ip_address(address).version
        if version in seen:
            yield error(
                f"A second IPv{version} address",
                "The guest is given one of each family.",
                path=("ip", index, "address"),
            )
        seen.add(version)
        if isinstance(prefix, int) and prefix > ip_interface(address).max_prefixlen:
            yield error(f"{prefix} bits are too many for {address}", "An IPv4 prefix has at most 32.",
                        path=("ip", index, "prefix"))  # fmt: skip


def _check_ranges(configured: Object) -> Iterator[Diagnostic]:
    for number, forward in enumerate(blocks(configured, "port_forward")):
        for index, ports in enumerate(blocks(forward, "range")):
            start, end = ports.get("start"), ports.get("end")
            path: Path = ("port_forward", number, "range", index)
            if isinstance(start, int) and isinstance(end, int) and end < start:
                yield error(f"The range {start} to {end} is empty", "Write the lower port as `start`.", path=path)
            if ports.get("exclude") is True and ports.get("to") is not None:
                yield error("What is left out leads nowhere", "Take `to` out, or `exclude`.", path=(*path, "to"))


def _check_place(values: Object) -> Iterator[Diagnostic]:
    for path in (("address",), ("hostdev", "address")):
        place = _at(values, path)
        numbers = [place.get(name) for name in ("domain", "bus", "slot")] if isinstance(place, Mapping) else []
        if numbers and all(isinstance(number, str) and int(number, 16) == 0 for number in numbers):
            yield error(
                "The place on the PCI bus is none",
                "libvirt takes domain 0, bus 0, slot 0 for nothing said. Name a slot, or take `address` out.",
                path=path,
            )


def _at(values: Object, path: Path) -> Value:
    value: Value = values
    for step in path:
        value = value.get(str(step)) if isinstance(value, Mapping) else UNKNOWN if value is UNKNOWN else None
    return value
