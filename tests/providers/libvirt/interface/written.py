"""NICs as people may write them, of every source: strategies for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from kvmplan_libvirt.interface.model import INTERFACE
from kvmplan_libvirt.interface.plan import complete
from kvmplan_sdk.proposing import configure, propose

SIMPLEST: dict[str, Any] = {
    "network": "lan",
    "bridge": "br0",
    "direct": {"dev": "eth0"},
    "hostdev": {"address": {"bus": "0x03", "slot": "0x10"}},
    "vhostuser": {"path": "/run/a.sock", "mode": "server"},
    "user": {},
    "vdpa": {"dev": "/dev/vhost-vdpa-0"},
}
"""A NIC of each source, with nothing more than it needs."""
Some = dict[str, st.SearchStrategy[Any]]


def block(needed: Some | None = None, /, **optional: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(needed or {}, optional=optional)


names = st.text("abcdefgh0123-", min_size=1, max_size=9)
switches = st.sampled_from(["on", "off"])
numbers = st.integers(1, 9)
ports = st.integers(1, 65535)
parts = st.integers(1, 31).map(lambda number: f"0x{number:02x}")
places = block({"bus": parts, "slot": parts}, domain=st.just("0x0000"), function=st.just("0x1"))

macs = st.integers(0, 2**24 - 1).map(lambda tail: "52:54:00:" + tail.to_bytes(3, "big").hex(":"))

COMMON: Some = {
    "boot_order": numbers,
    "alias": names.map(lambda name: f"ua-{name}"),
    "address": block({"bus": parts, "slot": parts}, function=st.just("0x1"), multifunction=switches),
    "acpi": block({"index": numbers}),
    "rom": st.one_of(block(enabled=st.just("yes"), bar=switches, file=st.just("/srv/rom")), st.just({"enabled": "no"})),
}
VIRTIO: Some = {
    "driver": block(
        name=st.sampled_from(["vhost", "qemu"]),
        queues=st.integers(2, 256),
        rx_queue_size=st.sampled_from([256, 512, 1024]),
        txmode=st.sampled_from(["iothread", "timer"]),
        ioeventfd=switches,
        event_idx=switches,
        iommu=switches,
        packed=switches,
        host=block(csum=switches, mrg_rxbuf=switches),
        guest=block(tso4=switches),
    ),
    "link_state": st.sampled_from(["up", "down"]),
    "teaming": st.just({"type": "persistent"}),
}
RATES = {"average": numbers, "peak": numbers, "burst": numbers}
TAPPED: Some = {
    "bandwidth": block(inbound=block(RATES), outbound=block(RATES)),
    "trust_guest_rx_filters": st.booleans(),
    "target_dev": st.just("tap-web"),
    "virtualport": block({"type": st.just("802.1Qbh"), "profile_id": names}),
    "backend": block(vhost=st.just("/dev/vhost-net")),
    "tune": block({"sndbuf": numbers}),
}
BRIDGED: Some = {
    "mtu": st.integers(68, 65535),
    "port_isolated": st.booleans(),
    "coalesce": st.just({"rx": {"frames": {"max": 7}}}),
    "filterref": block(
        {"filter": names.map(lambda name: f"f{name}")},
        parameter=st.lists(
            block({"name": st.sampled_from(["IP", "MAC"]), "value": st.sampled_from(["10.0.0.9", "web"])}),
            max_size=2,
            unique_by=str,
        ),
    ),
}
PASST: Some = {
    "ip": st.lists(
        st.sampled_from([{"address": "10.0.0.9", "prefix": 24}, {"address": "fd00::9", "prefix": 64}]),
        max_size=2,
        unique_by=lambda ip: str(ip["address"]),
    ),
    "port_forward": st.lists(
        block(
            {"proto": st.sampled_from(["tcp", "udp"])},
            address=st.sampled_from(["10.0.0.1", "fd00::1"]),
            dev=st.just("eth0"),
            range=st.lists(block({"start": ports}, end=ports, to=ports, exclude=st.booleans()), max_size=2),
        ),
        max_size=2,
    ),
}
SOURCES: dict[str, tuple[Some, Some]] = {
    "network": ({"network": names}, {**VIRTIO, **TAPPED, **BRIDGED, "portgroup": names}),
    "bridge": ({"bridge": names}, {**VIRTIO, **TAPPED, **BRIDGED}),
    "direct": (
        {"direct": block({"dev": names}, mode=st.sampled_from(["vepa", "bridge", "private", "passthrough"]))},
        {**VIRTIO, **TAPPED},
    ),
    "hostdev": (
        {"hostdev": block({"address": places}, managed=st.booleans())},
        {"driver": st.just({"name": "vfio"}), "vlan": st.just({"tag": [{"id": 7}]})},
    ),
    "vhostuser": (
        {
            "vhostuser": block(
                {"path": st.just("/run/a.sock"), "mode": st.just("client")},
                reconnect=block({"enabled": st.just(True), "timeout": numbers}),
            )
        },
        VIRTIO,
    ),
    "user": ({"user": block(dev=names), "backend": st.just({"type": "passt"})}, {**VIRTIO, **PASST}),
    "vdpa": ({"vdpa": block({"dev": st.just("/dev/vhost-vdpa-0")})}, VIRTIO),
}


def nics(source: str) -> st.SearchStrategy[dict[str, Any]]:
    needed, optional = SOURCES[source]
    named: Some = {"domain": st.just("web"), "mac": macs}
    return st.fixed_dictionaries({**named, **needed}, optional={**COMMON, **optional}).map(_possible).map(completed)


def _possible(written: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in written.items() if name != "port_isolated" or "virtualport" not in written}


def completed(written: dict[str, Any]) -> dict[str, Any]:
    """As it is planned."""
    schema = INTERFACE.schema()
    configured = configure(schema, written)
    return complete(propose(schema, configured, None), configured, None, ("host", "libvirt_interface.x"))
