"""libvirt's own grammar of a network, held against our table: nothing of it is out of reach."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.network.model import NETWORK

SCHEMAS = Path("/usr/share/libvirt/schemas")
RNG = "{http://relaxng.org/ns/structure/1.0}"
LEFT_OUT = {
    "network/metadata": "belongs to whoever put it there; our own tag is in it",
    "network@connections": "what libvirt counts, not what anybody sets",
    "network/forward/interface@connections": "likewise",
    "network/forward/address@connections": "likewise",
    "network/forward/address@multifunction": "of a device made for a guest; libvirt drops it in a pool",
    "network/bandwidth@classID": "libvirt's own; refused in a definition",
    "network/portgroup/bandwidth@classID": "likewise",
}
NEWER = {
    "network/title",
    "network/description",
    "network/domain@register",
    "network/dns/forwarder@port",
    "network/forward/driver@model",
}
"""In the table, and in grammars later than that of libvirt 9.0."""


def said_by_table(node: Node, at: str) -> Iterator[str]:
    for field in node.fields.values():
        if field.at:
            path = field.at.removesuffix("[]").replace("dnsmasq:", "")
            yield f"{at}{path}" if path.startswith("@") else f"{at}/{path}"
    for child in node.nodes.values():
        yield from said_by_table(child, f"{at}/{child.tag}")


def said_by_grammar(element: ET.Element, definitions: dict[str, ET.Element], at: str) -> Iterator[str]:
    for child in element:
        kind = child.tag.removeprefix(RNG)
        if kind == "attribute":
            yield f"{at}@{child.get('name')}"
        elif kind == "element":
            yield from said_by_grammar(child, definitions, f"{at}/{child.get('name')}".removeprefix("/"))
        elif kind == "ref" and child.get("name") == "metadata":
            yield f"{at}/metadata"
        elif kind == "ref":
            yield from said_by_grammar(definitions[str(child.get("name"))], definitions, at)
        elif kind in {"text", "data", "value"}:
            yield at
        else:
            yield from said_by_grammar(child, definitions, at)


@pytest.fixture(scope="module")
def grammar() -> set[str]:
    if not (SCHEMAS / "network.rng").exists():
        pytest.skip("libvirt's schemas are not installed")
    files = [ET.parse(SCHEMAS / f"{name}.rng").getroot() for name in ("network", "networkcommon", "basictypes")]
    definitions = {str(found.get("name")): found for file in files for found in file.iter(f"{RNG}define")}
    return set(said_by_grammar(definitions["network"], definitions, ""))


def test_everything_in_the_grammar_is_in_the_table(grammar: set[str]) -> None:
    assert sorted(grammar - set(said_by_table(NETWORK, "network"))) == sorted(LEFT_OUT)


def test_everything_in_the_table_is_in_the_grammar(grammar: set[str]) -> None:
    assert set(said_by_table(NETWORK, "network")) - grammar - NEWER == set()
