"""Between values and libvirt's documents, both ways."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan_libvirt.network import xml
from kvmplan_libvirt.network.model import NETWORK
from kvmplan_libvirt.ownership import URI, Owner, network_owner
from kvmplan_sdk.proposing import canonical, configure

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
NETWORKS: dict[str, st.SearchStrategy[Any]] = {
    "name": names(),
    "uuid": st.uuids().map(str),
    "mode": st.sampled_from(["nat", "open", "route", "isolated"]),
    "mac": macs,
    "bridge": st.fixed_dictionaries({"name": st.just("br-x"), "stp": st.booleans(), "delay": st.integers(0, 30)}),
    "ip": st.lists(
        st.fixed_dictionaries({"address": addresses, "prefix": st.integers(8, 30)}, optional={"dhcp": dhcps}),
        max_size=2,
        unique_by=lambda ip: str(ip["address"]),
    ),
}
SOMETIMES: dict[str, st.SearchStrategy[Any]] = {
    "mtu": st.integers(68, 65535),
    "domain": st.fixed_dictionaries({"name": names()}, optional={"local_only": st.booleans()}),
}
networks = st.fixed_dictionaries(NETWORKS, optional=SOMETIMES)


def complete(written: dict[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = dict(configure(NETWORK.schema(), written))
    for ip in values["ip"]:
        xml.fill_ip(ip)
    return values


@given(networks)
def test_values_survive_the_document(written: dict[str, Any]) -> None:
    values = complete(written)
    element = ET.fromstring(xml.document(values, OWNER))
    assert xml.values_of(element) == values
    assert network_owner(element) == OWNER


@given(networks, networks)
def test_one_document_can_become_any_other(first: dict[str, Any], second: dict[str, Any]) -> None:
    element = ET.fromstring(xml.document(complete(first), OWNER))
    changed = ET.fromstring(xml.document(complete(second), OWNER, element))
    schema = NETWORK.schema()
    assert canonical(schema, xml.values_of(changed)) == canonical(schema, complete(second))


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
    told = {
        f"{place}@{name}={value}" for name, value in element.attrib.items() if name not in {"connections", "netmask"}
    }
    told.add(f"{place}={(element.text or '').strip()}")
    return told.union(*(facts(child, place) for child in element))


def test_mode_is_read_where_libvirt_leaves_it_out() -> None:
    assert xml.values_of(ET.fromstring("<network><name>a</name><forward/></network>"))["mode"] == "nat"
    assert xml.values_of(ET.fromstring("<network><name>a</name></network>"))["mode"] == "isolated"
