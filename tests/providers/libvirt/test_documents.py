"""Between values and libvirt's documents, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan_libvirt import spelling
from kvmplan_libvirt.interface.xml import values_of
from kvmplan_libvirt.inventory import nic_of
from kvmplan_libvirt.network import plan, xml
from kvmplan_libvirt.network.fold import fold
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.ownership import URI, Owner, network_owner
from kvmplan_sdk import Object, Value
from kvmplan_sdk.proposing import canonical, configure, propose

OWNER = Owner("lineage", 'libvirt_network.lan["a"]')
CAPTURED = sorted((Path(__file__).parent / "captured").glob("network-*.xml"))


def names() -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="/"), min_size=1, max_size=9)


addresses = st.integers(2, 250).map(lambda host: f"10.9.8.{host}")
macs = st.integers(0, 2**24 - 1).map(lambda tail: "52:54:00:" + tail.to_bytes(3, "big").hex(":"))
dhcps = st.fixed_dictionaries(
    {
        "range": st.lists(st.fixed_dictionaries({"start": addresses, "end": addresses}), min_size=1, max_size=2),
        "host": st.lists(
            st.fixed_dictionaries({"mac": macs, "ip": addresses}, optional={"name": names()}),
            max_size=3,
            unique_by=lambda host: host["mac"],
        ),
    }
)
texts = st.text("abc <&>\"'é", min_size=1, max_size=6).filter(lambda text: text.strip() == text)
NETWORKS: dict[str, st.SearchStrategy[Any]] = {
    "name": names(),
    "uuid": st.uuids().map(str),
    "mode": st.sampled_from(["nat", "open", "route", "isolated", "hostdev"]),
    "mac": macs,
    "bridge": st.fixed_dictionaries({"name": st.just("br-x"), "stp": st.booleans(), "delay": st.integers(0, 30)}),
    "ip": st.lists(
        st.fixed_dictionaries(
            {"address": addresses, "prefix": st.integers(8, 30)}, optional={"dhcp": dhcps, "tftp": st.just("/srv")}
        ),
        max_size=2,
        unique_by=lambda ip: str(ip["address"]),
    ),
}
vlans: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"tag": st.lists(st.fixed_dictionaries({"id": st.integers(0, 4095)}), min_size=1, max_size=2)}
)
rates: dict[str, st.SearchStrategy[Any]] = {
    way: st.fixed_dictionaries({"average": st.integers(1, 9)}) for way in ("inbound", "outbound")
}
SOMETIMES: dict[str, st.SearchStrategy[Any]] = {
    "dev": st.just("eth1"),
    "driver": st.just("vfio"),
    "managed": st.booleans(),
    "nat": st.fixed_dictionaries({"ipv6": st.booleans()}, optional={"port": st.just({"start": 1, "end": 9})}),
    "mtu": st.integers(68, 65535),
    "title": texts,
    "ipv6": st.booleans(),
    "port_isolated": st.booleans(),
    "dnsmasq_options": st.lists(texts, min_size=1, max_size=3),
    "domain": st.fixed_dictionaries({"name": names()}, optional={"local_only": st.booleans()}),
    "dns": st.fixed_dictionaries(
        {"enable": st.booleans()},
        optional={
            "host": st.lists(
                st.fixed_dictionaries({"ip": addresses, "hostname": st.lists(names(), min_size=1, max_size=2)}),
                max_size=2,
                unique_by=lambda host: str(host["ip"]),
            ),
            "txt": st.lists(st.fixed_dictionaries({"name": names(), "value": texts}), max_size=2, unique_by=str),
        },
    ),
    "route": st.lists(
        st.fixed_dictionaries({"address": addresses, "netmask": st.just("255.255.255.255"), "gateway": addresses}),
        max_size=1,
    ),
    "vlan": vlans,
    "bandwidth": st.fixed_dictionaries({}, optional=rates),
    "virtualport": st.fixed_dictionaries({"type": st.just("openvswitch")}, optional={"profile_id": names()}),
    "portgroup": st.lists(
        st.fixed_dictionaries({"name": names()}, optional={"vlan": vlans}),
        max_size=2,
        unique_by=lambda group: str(group["name"]),
    ),
}
networks = st.fixed_dictionaries(NETWORKS, optional=SOMETIMES)


def complete(written: dict[str, Any]) -> dict[str, Any]:
    schema = NETWORK.schema()
    configured = configure(schema, written)
    values = plan.complete(propose(schema, configured, None), configured, None, ("host", "libvirt_network.x"))
    if values["mode"] == "isolated":
        values |= {"dev": None, "driver": None, "managed": None, "nat": None}
    return values


def told(values: Object) -> Value:
    said = {name: value for name, value in fold(values).items() if name not in {"active", "autostart"}}
    return spelling.canonical(canonical(NETWORK.schema(), said))


@given(networks)
def test_values_survive_the_document(written: dict[str, Any]) -> None:
    values = complete(written)
    element = ET.fromstring(xml.document(values, OWNER))
    assert told(xml.values_of(element)) == told(values)
    assert network_owner(element) == OWNER


@given(networks, networks)
def test_one_document_can_become_any_other(first: dict[str, Any], second: dict[str, Any]) -> None:
    element = ET.fromstring(xml.document(complete(first), OWNER))
    changed = ET.fromstring(xml.document(complete(second), OWNER, element))
    assert told(xml.values_of(changed)) == told(complete(second))


@pytest.mark.parametrize("path", CAPTURED, ids=[path.stem for path in CAPTURED])
def test_what_the_table_does_not_know_is_kept(path: Path) -> None:
    """Written back unchanged, a document says all it said."""
    original = ET.parse(path).getroot()
    again = ET.fromstring(xml.document(xml.values_of(original), OWNER, original))
    assert facts(original) <= facts(again)


def facts(element: ET.Element, at: str = "") -> set[str]:
    place = f"{at}/{element.tag}"
    if element.tag == f"{{{URI}}}owner":
        return set()
    said = {
        f"{place}@{name}={value}" for name, value in element.attrib.items() if name not in {"connections", "netmask"}
    }
    said.add(f"{place}={(element.text or '').strip()}")
    return said.union(*(facts(child, place) for child in element))


def test_what_a_running_nic_has_from_its_network_is_not_its_own() -> None:
    element = ET.fromstring(
        "<interface type='network'><mac address='52:54:00:00:00:01'/>"
        "<source network='lan' portid='x' bridge='virbr-lan'/><target dev='vnet0'/>"
        "<mtu size='1400'/><vlan><tag id='7'/></vlan><port isolated='yes'/></interface>"
    )
    nic = nic_of("web", element)
    bare = values_of(nic, {})
    assert [bare[name] for name in ("network", "bridge", "mtu", "vlan", "port_isolated")] == [
        "lan",
        None,
        None,
        None,
        None,
    ]
    assert values_of(nic, {"mtu": 9000})["mtu"] == 1400


def test_mode_is_read_where_libvirt_leaves_it_out() -> None:
    assert xml.values_of(ET.fromstring("<network><name>a</name><forward/></network>"))["mode"] == "nat"
    assert xml.values_of(ET.fromstring("<network><name>a</name></network>"))["mode"] == "isolated"
