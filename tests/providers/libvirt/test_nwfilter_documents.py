"""Between a filter's values and libvirt's document, both ways; and what is the same, however it is spelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan_libvirt.nwfilter import datatypes
from kvmplan_libvirt.nwfilter.check import check
from kvmplan_libvirt.nwfilter.datatypes import Datatype
from kvmplan_libvirt.nwfilter.meaning import meaning, respelled, same
from kvmplan_libvirt.nwfilter.model import FILTER
from kvmplan_libvirt.nwfilter.plan import default_priority
from kvmplan_libvirt.nwfilter.protocols import PROTOCOLS
from kvmplan_libvirt.nwfilter.xml import document, values_of
from kvmplan_sdk.proposing import configure, propose

SHIPPED = Path("/usr/share/libvirt/nwfilter")
SAMPLES = {
    datatypes.MAC: ("52:54:00:12:34:56", "2:0:0:A:B:C"),
    datatypes.MAC_MASK: ("ff:ff:ff:00:00:00",),
    datatypes.IPV4: ("10.1.2.3",),
    datatypes.IPV6: ("2001:db8::1", "FD00:0::2"),
    datatypes.IPV4_MASK: ("24", "255.255.255.0"),
    datatypes.IPV6_MASK: ("64", "ffff::"),
    datatypes.UINT8: ("8", "0x8"),
    datatypes.UINT16: ("443", "0x1bb"),
    datatypes.UINT32: ("19",),
    datatypes.CONNECTIONS: ("10",),
    datatypes.DSCP: ("46", "0x2E"),
    datatypes.VLAN_ID: ("100", "0x064"),
    datatypes.ETHERTYPE: ("arp", "0x0806", "0x835"),
    datatypes.ENCAPSULATED: ("ipv4", "60"),
    datatypes.OPCODE: ("request", "1", "25"),
    datatypes.PROTOCOL: ("tcp", "6", "0x11"),
    datatypes.STATE: ("NEW", "ESTABLISHED,NEW", "NONE"),
    datatypes.TCP_FLAGS: ("SYN,ACK/SYN", "ALL/NONE"),
    datatypes.IPSET: ("lan",),
    datatypes.IPSET_FLAGS: ("src,dst", "SRC"),
    datatypes.COMMENT: ('who\'s "there" <&> $x',),
    datatypes.ONLY_VARIABLES: (),
}
VARIABLES = ("$IP", "$PORT[2]", "$PORT[@1]")
BY_CHECK: dict[Any, Datatype] = {datatype.check: datatype for datatype in SAMPLES}


def samples(datatype: Datatype) -> tuple[str, ...]:
    return SAMPLES[datatype] + (VARIABLES if datatype.variables else ())


def blocks(name: str) -> st.SearchStrategy[Any]:
    said: dict[str, st.SearchStrategy[Any]] = {}
    for attribute, field in PROTOCOLS[name].node.fields.items():
        datatype = BY_CHECK.get(field.attribute.validators[0]) if field.attribute.validators else None
        said[attribute] = st.booleans() if datatype is None else st.sampled_from(samples(datatype))
    return st.fixed_dictionaries({}, optional=said)


rules = st.sampled_from(sorted(PROTOCOLS)).flatmap(
    lambda name: st.fixed_dictionaries(
        {
            "action": st.sampled_from(["accept", "drop", "reject", "return", "continue"]),
            "direction": st.sampled_from(["in", "out", "inout"]),
        },
        optional={
            "priority": st.integers(-1000, 1000),
            "statematch": st.booleans(),
            name: st.lists(blocks(name), min_size=1, max_size=1),
        },
    )
)
parameters = st.fixed_dictionaries({"name": st.sampled_from(["IP", "PORT"]), "value": st.sampled_from(["1", "2"])})
includes = st.fixed_dictionaries(
    {"filter": st.sampled_from(["clean-traffic", "allow-arp"])},
    optional={"parameter": st.lists(parameters, max_size=3)},
)
filters = st.fixed_dictionaries(
    {"name": st.just("web"), "uuid": st.uuids().map(str)},
    optional={
        "chain": st.sampled_from(["root", "mac-web", "ipv4", "arp"]),
        "priority": st.integers(-1000, 1000),
        "filterref": st.lists(includes, max_size=3),
        "rule": st.lists(rules, max_size=4),
    },
)


def complete(written: Any) -> dict[str, Any]:
    schema = FILTER.schema()
    return {"priority": 0, **propose(schema, configure(schema, {"priority": 0, **written}), None)}


@given(filters)
def test_values_survive_the_document(written: dict[str, Any]) -> None:
    values = complete(written)
    found = values_of(ET.fromstring(document(values)))
    assert meaning(found) == meaning(values)
    assert respelled(found, values) == values


@given(filters, filters)
def test_one_document_can_become_any_other(first: dict[str, Any], second: dict[str, Any]) -> None:
    element = ET.fromstring(document(complete(first)))
    changed = values_of(ET.fromstring(document(complete(second), element)))
    assert meaning(changed) == meaning(complete(second))


@pytest.mark.parametrize("datatype", SAMPLES, ids=lambda datatype: datatype.expects.split(",")[0])
def test_what_a_type_takes_passes_its_check(datatype: Datatype) -> None:
    assert [datatype.check(sample) for sample in samples(datatype)] == [None] * len(samples(datatype))


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.xml")), ids=lambda path: path.stem)
def test_a_filter_that_libvirt_ships_is_written_back_as_it_was(path: Path) -> None:
    element = ET.parse(path).getroot()
    assert facts(ET.fromstring(document(values_of(element), element))) == facts(element)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.xml")), ids=lambda path: path.stem)
def test_nothing_is_wrong_with_a_filter_that_libvirt_ships(path: Path) -> None:
    values = values_of(ET.parse(path).getroot())
    assert list(check({**values, "priority": values["priority"] or default_priority(values["chain"] or "root")})) == []


def facts(element: ET.Element) -> list[tuple[str, dict[str, str]]]:
    """Elements in their order; what is libvirt's default may be said or not."""
    unsaid = {"match": "yes", "priority": "500" if element.tag == "rule" else "0", "chain": "root"}
    said = {name: value for name, value in element.attrib.items() if unsaid.get(name) != value}
    return [(element.tag, said), *(fact for child in element for fact in facts(child))]


ENTRIES = "<rule action='drop' direction='in'/><filterref filter='a'/><rule action='drop' direction='out'/>"


def order(text: str) -> list[str]:
    return [child.get("filter") or f"{child.get('direction')}" for child in ET.fromstring(text) if child.tag != "uuid"]


def test_includes_stay_where_they_are_among_the_rules() -> None:
    element = ET.fromstring(f"<filter name='web' chain='root'>{ENTRIES}<filterref filter='z'/></filter>")
    values = values_of(element)
    assert order(document(values, element)) == ["in", "a", "out", "z"]
    new: dict[str, Any] = {"action": "drop", "direction": "inout"}
    more = {
        **values,
        "rule": [*values["rule"], {**values["rule"][0], **new}],
        "filterref": [*values["filterref"], {"filter": "new"}],
    }
    assert order(document(more, element)) == ["in", "a", "out", "inout", "z", "new"]
    assert order(document({**values, "rule": values["rule"][1:]}, element)) == ["a", "out", "z"]
    assert order(document({**values, "filterref": values["filterref"][::-1]}, element)) == ["in", "out", "z", "a"]
    assert order(document(values)) == ["a", "z", "in", "out"]


def test_what_the_table_does_not_know_is_kept_where_a_rule_stays() -> None:
    rules = "<rule action='drop' direction='in' new='1'><tcp srcipaddr='10.0.0.1' newer='2'/></rule>"
    element = ET.fromstring(f"<filter name='web' chain='root'>{rules}</filter>")
    values = values_of(element)
    text = document({**values, "rule": [*values["rule"], *values["rule"]], "priority": 7}, element)
    assert (text.count("newer"), text.count("new='1'") + text.count('new="1"')) == (1, 1)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ({"tcp": [{"dstportstart": "80"}]}, {"tcp": [{"dstportstart": "0x50"}]}),
        ({"tcp": [{"srcipmask": "24"}]}, {"tcp": [{"srcipmask": "255.255.255.0"}]}),
        ({"ip": [{"protocol": "tcp"}]}, {"ip": [{"protocol": "6"}]}),
        ({"tcp": [{"state": "NEW,ESTABLISHED"}]}, {"tcp": [{"state": "ESTABLISHED,NEW"}]}),
        ({"tcp": [{"flags": "ALL/SYN"}]}, {"tcp": [{"flags": "SYN,ACK,URG,PSH,FIN,RST/SYN"}]}),
        ({"tcp": [{"srcipaddr": "$A[@0]"}]}, {"tcp": [{"srcipaddr": "$A"}]}),
        ({"tcp": [{"srcipaddr": "$A[ 1 ]"}]}, {"tcp": [{"srcipaddr": "$A[1]"}]}),
        ({"arp": [{"opcode": "Request"}]}, {"arp": [{"opcode": "1"}]}),
        (
            {"tcp": [{"dstipaddr": "10.0.0.1"}, {"match": False, "srcipaddr": "10.0.0.2"}]},
            {"tcp": [{"match": False, "srcipaddr": "10.0.0.2"}, {"dstipaddr": "10.0.0.1"}]},
        ),
    ],
)
def test_spellings_of_the_same_are_the_same(left: dict[str, Any], right: dict[str, Any]) -> None:
    one, other = (
        complete({"name": "web", "uuid": "x", "rule": [{"action": "drop", "direction": "in", **rule}]})
        for rule in (left, right)
    )
    assert same(one, other)
    assert respelled(one, other) == other


def test_of_a_rule_that_differs_the_rest_is_spelled_as_known() -> None:
    rule = {"action": "drop", "direction": "in"}
    known = complete({"name": "web", "rule": [{**rule, "tcp": [{"dstportstart": "0x50", "srcipaddr": "10.0.0.1"}]}]})
    found = complete({"name": "web", "rule": [{**rule, "tcp": [{"dstportstart": "80", "srcipaddr": "10.0.0.9"}]}]})
    (told,) = respelled(found, known)["rule"]
    assert (told["tcp"][0]["dstportstart"], told["tcp"][0]["srcipaddr"]) == ("0x50", "10.0.0.9")
