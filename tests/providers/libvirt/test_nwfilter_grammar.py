"""libvirt's own grammar of a filter, held against our table: nothing of it is out of reach but what libvirt ignores."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest
from tests.providers.libvirt.test_grammar import RNG, SCHEMAS, said_by_grammar, said_by_table

from kvmplan_libvirt.nwfilter.model import FILTER

STATEFUL = ("tcp", "udp", "sctp", "icmp", "igmp", "esp", "ah", "udplite")
STATEFUL_6 = tuple("icmpv6" if name == "icmp" else f"{name}-ipv6" for name in STATEFUL if name != "igmp")
LEFT_OUT = {
    "filter/rule/tcp-ipv6@flags": "libvirt's parser does not know it there and drops it",
    **{
        f"filter/rule/{name}@{attribute}": "libvirt drops both after it has read them, but for `all`"
        for name in STATEFUL
        for attribute in ("ipset", "ipsetflags")
    },
}
BEYOND = {
    *(f"filter/rule/{name}@arp{which}ipmask" for name in ("arp", "rarp") for which in ("src", "dst")),
    *(f"filter/rule/{name}@{what}" for name in (*STATEFUL_6, "all-ipv6") for what in ("connlimit-above", "state")),
    *(f"filter/rule/all-ipv6@{what}" for what in ("ipset", "ipsetflags")),
}
"""In libvirt's documentation and its parser, not in its grammar."""


@pytest.fixture(scope="module")
def grammar() -> set[str]:
    if not (SCHEMAS / "nwfilter.rng").exists():
        pytest.skip("libvirt's schemas are not installed")
    files = [ET.parse(SCHEMAS / f"{name}.rng").getroot() for name in ("nwfilter", "nwfilter_params", "basictypes")]
    definitions = {str(found.get("name")): found for file in files for found in file.iter(f"{RNG}define")}
    return set(said_by_grammar(definitions["filter"], definitions, ""))


def test_everything_in_the_grammar_is_in_the_table(grammar: set[str]) -> None:
    assert sorted(attributes(grammar) - set(said_by_table(FILTER, "filter"))) == sorted(LEFT_OUT)


def test_everything_in_the_table_is_in_the_grammar_or_the_documentation(grammar: set[str]) -> None:
    assert set(said_by_table(FILTER, "filter")) - grammar == BEYOND


def attributes(grammar: set[str]) -> set[str]:
    return {path for path in grammar if "@" in path or path == "filter/uuid"}


def test_every_protocol_has_an_element_of_its_name(grammar: set[str]) -> None:
    protocols = set(protocols_of(grammar))
    assert protocols == {node.tag for node in FILTER.nodes["rule"].nodes.values()}


def protocols_of(grammar: set[str]) -> Iterator[str]:
    for path in grammar:
        if path.startswith("filter/rule/"):
            yield path.removeprefix("filter/rule/").partition("@")[0]
