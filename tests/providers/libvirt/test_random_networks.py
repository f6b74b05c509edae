"""Whatever network is written goes through HCL and XML into libvirt, is read back, and plans empty; and so does what
`kvmplan discover` writes of it when its state is lost. (But dnsmasq's options: libvirt's test driver drops them.)
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.planner.workspace import Workspace, address
from tests.providers.libvirt.conftest import Rig
from tests.providers.libvirt.test_real_documents import PROVIDER, Desk, surprises

from kvmplan.plan.generating import resource_text
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_sdk.proposing import configure

Values = dict[str, Any]
Made = st.SearchStrategy[Any]

SCHEMA = NETWORK.schema()
words = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=8).map(lambda word: f"x{word}x")
texts = st.text("abc <&>\"'é${}%\\", min_size=1, max_size=12).map(lambda text: f"a{text}b")
octets = st.integers(2, 99)


def some(required: dict[str, Made], **optional: Made) -> Made:
    return st.fixed_dictionaries(required, optional=optional)


def unique(item: Made, *keys: str, size: int = 3, least: int = 0) -> Made:
    """Items that differ in each of ``keys``."""
    names = tuple((lambda value, key=key: repr(value.get(key, id(value)))) for key in keys)
    return st.lists(item, min_size=least, max_size=size, unique_by=names)


def macs() -> Made:
    return st.integers(0, 2**24 - 1).map(lambda tail: "52:54:00:" + tail.to_bytes(3, "big").hex(":"))


leases = some({"expiry": st.sampled_from([0, 120, 7200])}, unit=st.sampled_from(["seconds", "minutes", "hours"]))
RATE = st.integers(1, 10_000)
rates = some({"average": RATE}, peak=RATE, burst=RATE)
bandwidths = some({}, inbound=rates, outbound=rates)


def ranges(base: str) -> Made:
    """Ranges that are apart: from 110, 140, ... on; reservations and the host itself are below 100."""
    one = st.tuples(st.integers(0, 4), st.integers(0, 19), st.none() | leases)
    made = st.lists(one, min_size=1, max_size=3, unique_by=lambda item: item[0])
    return made.map(lambda items: [_range(base, *item) for item in items])


def _range(base: str, place: int, length: int, lease: Any) -> Values:
    start = 110 + 30 * place
    return {"start": f"{base}{start}", "end": f"{base}{start + length}", **({"lease": lease} if lease else {})}


def dhcps(base: str) -> Made:
    hosts4 = some({"mac": macs(), "ip": octets.map(lambda host: f"{base}{host}")}, name=words, lease=leases)
    hosts6 = some({"name": words, "ip": octets.map(lambda host: f"{base}{host}")}, lease=leases)
    hosts = unique(hosts6, "name", "ip") if ":" in base else unique(hosts4, "mac", "ip", "name")
    bootp = some({"file": words}, server=st.just(f"{base}100"))
    return some({"range": ranges(base)}, host=hosts, **({} if ":" in base else {"bootp": bootp}))


def subnets(base: str, prefix: int, dhcp: bool) -> Made:
    required = {"address": st.just(f"{base}1"), "prefix": st.just(prefix)}
    if not dhcp:
        return some(required, local_ptr=st.booleans())
    return some(required, dhcp=dhcps(base), **({} if ":" in base else {"tftp": st.just("/srv/tftp")}))


@st.composite
def addressings(draw: st.DrawFn) -> list[Values]:
    """At least one IPv4 subnet; DHCP on one of each family."""
    ips = [draw(subnets("10.77.1.", 24, dhcp=True))]
    ips += [draw(subnets("10.78.0.", 16, dhcp=False))] * draw(st.integers(0, 1))
    ips += [draw(subnets("fd00:77::", 64, dhcp=True))] * draw(st.integers(0, 1))
    return list(draw(st.permutations(ips)))


DNS = st.just({"enable": False}) | some(
    {},
    forward_plain_names=st.booleans(),
    forwarder=st.lists(some({"addr": octets.map(lambda host: f"192.0.2.{host}")}, domain=words), max_size=3),
    host=unique(
        some({"ip": octets.map(lambda host: f"10.77.1.{host}"), "hostname": st.lists(words, min_size=1, max_size=2)}),
        *("ip", "hostname"),
    ),
    txt=unique(some({"name": words, "value": texts}), "name"),
    srv=unique(
        some(
            {"service": words, "protocol": st.sampled_from(["tcp", "udp"]), "domain": words, "target": words},
            port=st.integers(1, 65535),
            priority=st.integers(0, 9),
            weight=st.integers(0, 9),
        ),
        "service",
    ),
)
ROUTES = unique(
    some(
        {"address": octets.map(lambda net: f"192.168.{net}.0"), "prefix": st.just(24), "gateway": st.just("10.77.1.7")}
    ),
    "address",
)
BRIDGES = some(
    {}, name=words.map(lambda word: f"b{word}"), stp=st.booleans(), delay=st.integers(0, 30),
    mac_table_manager=st.sampled_from(["kernel", "libvirt"]),
)  # fmt: skip
NATS = some(
    {},
    ipv6=st.booleans(),
    address=st.just({"start": "203.0.113.4", "end": "203.0.113.9"}),
    port=st.sampled_from([{"start": 1024, "end": 65535}, {"start": 2000, "end": 3000}]),
)
COMMON: dict[str, Made] = {"autostart": st.booleans(), "active": st.booleans(), "uuid": st.uuids().map(str)}
OWN: dict[str, Made] = {
    **COMMON,
    "bridge": BRIDGES,
    "mac": macs(),
    "mtu": st.integers(68, 65535),
    "domain": some({"name": words}, local_only=st.booleans()),
    "dns": DNS,
    "route": ROUTES,
    "bandwidth": bandwidths,
    "port_isolated": st.booleans(),
    "ipv6": st.booleans(),
    "portgroup": unique(some({"name": words}, bandwidth=bandwidths), "name"),
}
DEVICES = st.one_of(
    st.fixed_dictionaries({"dev": st.just("eth7")}),
    st.fixed_dictionaries(
        {"interface": unique(some({"dev": st.integers(0, 9).map(lambda n: f"eth{n}")}), "dev", least=1)}
    ),
)
VLANS = some({"tag": unique(some({"id": st.integers(0, 4094)}), "id", least=1)})
SWITCHED: dict[str, Made] = {"vlan": VLANS, "portgroup": unique(some({"name": words}, vlan=VLANS), "name")}


def mode(name: str, required: dict[str, Made], **optional: Made) -> Made:
    return some({"name": words, "mode": st.just(name), **required}, **optional)


networks = st.one_of(
    mode("nat", {"ip": addressings()}, nat=NATS, dev=st.just("eth1"), **OWN),
    mode("route", {"ip": addressings()}, dev=st.just("eth1"), **OWN),
    mode("open", {"ip": addressings()}, **OWN),
    mode("isolated", {"ip": addressings()}, **OWN),
    mode("isolated", {}, **{name: made for name, made in OWN.items() if name not in {"route", "dns"}}),
    mode("bridge", {"bridge": st.just({"name": "br0"})}, **COMMON),
    mode("bridge", {"bridge": st.just({"name": "ovs0"}), "virtualport": st.just({"type": "openvswitch"})},
         **SWITCHED, **COMMON),
    st.tuples(st.sampled_from(["bridge", "private", "vepa", "passthrough"]), DEVICES).flatmap(
        lambda drawn: mode(drawn[0], {key: st.just(drawn[1][key]) for key in drawn[1]}, **COMMON)
    ),
    mode("hostdev", {"pf": st.just({"dev": "eth3"})}, managed=st.booleans(), driver=st.just("vfio"), vlan=VLANS,
         **COMMON),
)  # fmt: skip


@contextmanager
def desk_of(rig: Rig) -> Iterator[Desk]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield Desk(Workspace(Path(folder)), rig.connection)
        finally:
            for network in rig.connection.listAllNetworks():
                if network.name() != "default":
                    if network.isActive():
                        network.destroy()
                    network.undefine()


@settings(max_examples=15, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(networks)
def test_a_network_is_read_back_as_it_was_written(rig: Rig, written: Values) -> None:
    check_one(rig, written)


def check_one(rig: Rig, written: Values) -> None:
    with desk_of(rig) as desk:
        workspace = desk.workspace
        text = resource_text(address("libvirt_network.x"), SCHEMA, configure(SCHEMA, written))
        workspace.write(PROVIDER + text)
        result = workspace.apply()
        assert result.complete, (text, result.diagnostics)
        assert workspace.plan().is_empty, text
        workspace.store.save(workspace.state.next(instances={}, outputs={}, hosts={}))
        workspace.write(PROVIDER)
        found = desk.discovered(orphans=True)
        assert found.found == 1
        workspace.write(PROVIDER + found.text)
        assert surprises(workspace.plan()) == {}, (text, found.text)
