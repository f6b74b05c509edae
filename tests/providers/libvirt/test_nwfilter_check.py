"""What is wrong with one filter by itself is told when it is planned."""

from __future__ import annotations

from typing import Any

import pytest

from kvmplan_libvirt.nwfilter.check import check
from kvmplan_libvirt.nwfilter.model import FILTER, RULE
from kvmplan_libvirt.nwfilter.plan import default_priority
from kvmplan_sdk import UNKNOWN, Object
from kvmplan_sdk.proposing import configure, propose
from kvmplan_sdk.testing.unknowns import leaves, with_unknown


def configured(**written: Any) -> Object:
    rules = [{"action": "drop", "direction": "in", **rule} for rule in written.pop("rule", [])]
    schema = FILTER.schema()
    return propose(schema, configure(schema, {"name": "web", "rule": rules, **written}), None)


def told(**written: Any) -> list[str]:
    return [diagnostic.summary for diagnostic in check(configured(**written))]


def of(protocol: str, *blocks: dict[str, Any]) -> list[str]:
    return told(rule=[{protocol: list(blocks)}])


FINE: list[tuple[str, dict[str, Any]]] = [
    ("tcp", {}),
    ("tcp", {"dstportstart": "80", "dstportend": "90"}),
    ("tcp", {"match": False, "srcportstart": "1", "dstportstart": "80"}),
    ("tcp", {"match": False, "srcipaddr": "10.0.0.0", "srcipmask": "24"}),
    ("arp", {"match": False, "srcmacaddr": "52:54:00:00:00:00", "srcmacmask": "ff:ff:ff:00:00:00"}),
    ("ipv6", {"protocol": "icmpv6", "codeend": "7"}),
    ("ip", {"protocol": "tcp", "dstportstart": "80"}),
    ("ip", {"protocol": "33", "dstportstart": "80"}),
    ("ip", {"match": False, "protocol": "udp", "dstportstart": "80"}),
    ("ipv6", {"protocol": "icmpv6", "type": "130", "typeend": "132"}),
    ("all", {"ipset": "lan", "ipsetflags": "src"}),
    ("tcp", {"dstportstart": "$FIRST", "dstportend": "80"}),
    ("tcp_ipv6", {"srcipfrom": "fe80::1", "srcipto": "fe80::2"}),
]
WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("tcp", {"match": False, "dstportstart": "80"}, "libvirt does not negate `dstportstart` by itself"),
    ("udp_ipv6", {"match": False, "dstportstart": "80"}, "libvirt does not negate `dstportstart` by itself"),
    ("tcp", {"srcipmask": "24"}, "`srcipmask` means nothing without `srcipaddr`"),
    ("arp", {"arpsrcipmask": "24"}, "`arpsrcipmask` means nothing without `arpsrcipaddr`"),
    ("icmp", {"code": "1"}, "`code` means nothing without `type`"),
    ("stp", {"age_hi": "1"}, "`age_hi` means nothing without `age`"),
    ("stp", {"root_address_mask": "ff:ff:ff:00:00:00"}, "`root_address_mask` means nothing without `root_address`"),
    ("tcp_ipv6", {"srcipto": "fe80::1"}, "`srcipto` means nothing without `srcipfrom`"),
    ("tcp", {"match": False}, "Nothing must not match"),
    ("ip", {"dstportstart": "80"}, "Ports need a protocol that has them"),
    ("ip", {"protocol": "icmp", "srcportstart": "80"}, "Ports need a protocol that has them"),
    ("ipv6", {"protocol": "$P", "dstportstart": "80"}, "Ports need a protocol that has them"),
    ("ipv6", {"type": "130"}, "ICMPv6's types and codes need its protocol"),
    ("tcp", {"dstportend": "80"}, "`dstportend` means nothing without `dstportstart`"),
    ("tcp", {"dstportstart": "90", "dstportend": "0x50"}, "The range 90 to 80 is empty"),
    ("tcp", {"srcipfrom": "10.0.0.9", "srcipto": "10.0.0.1"}, "The range 10.0.0.9 to 10.0.0.1 is empty"),
    ("all", {"ipset": "lan"}, "`ipset` and `ipsetflags` go together"),
]


@pytest.mark.parametrize(("protocol", "block"), FINE)
def test_what_works_is_not_complained_of(protocol: str, block: dict[str, Any]) -> None:
    assert of(protocol, block) == []


@pytest.mark.parametrize(("protocol", "block", "said"), WRONG)
def test_what_libvirt_would_refuse_or_drop_is_told(protocol: str, block: dict[str, Any], said: str) -> None:
    assert of(protocol, block) == [said]


def test_what_follows_another_attribute_is_negated_with_it() -> None:
    first, second = {"match": False, "srcportstart": "1"}, {"dstportstart": "80"}
    assert of("tcp", first, second) == ["libvirt does not negate `dstportstart` by itself"]
    assert of("tcp", {"match": False, "srcipaddr": "10.0.0.1"}, second) == []


def test_the_blocks_of_a_rule_are_one_condition_of_one_protocol() -> None:
    port = {"dstportstart": "80"}
    assert of("tcp", port, port) == ["`dstportstart` is said twice"]
    assert told(rule=[{"tcp": [port], "udp": [port]}]) == ["A rule is of one protocol, not of tcp and udp"]


@pytest.mark.parametrize(
    ("chain", "protocol", "told"),
    [
        ("ipv4-web", "arp", True),
        ("arp", "ip", True),
        ("arp", "mac", False),
        ("ipv4", "tcp", False),
        ("mac", "ip", False),
    ],
)
def test_a_rule_that_no_frame_of_its_chain_matches(chain: str, protocol: str, told: bool) -> None:
    said = [f"A rule of `{protocol}` in chain {chain} matches nothing"] if told else []
    assert told_of(chain, protocol) == said


def told_of(chain: str, protocol: str) -> list[str]:
    return told(chain=chain, priority=1, rule=[{protocol: [{}]}])


def test_a_priority_that_libvirt_forgets() -> None:
    assert told(chain="ipv4-web", priority=0) == ["libvirt forgets the priority 0 of chain ipv4-web"]
    assert told(chain="root", priority=0) == told(chain="stp", priority=0) == told(chain="arp", priority=1) == []


@pytest.mark.parametrize(("chain", "priority"), [("root", 0), ("mac-web", -800), ("ipv6", -600), ("rarp", -400)])
def test_a_chain_has_a_priority(chain: str, priority: int) -> None:
    assert default_priority(chain) == priority


VALUES: list[tuple[str, str, Any, bool]] = [
    ("tcp", "dstportstart", "65536", False),
    ("tcp", "dstportstart", "0x1bb", True),
    ("tcp", "dstportstart", "$P[@1]", True),
    ("tcp", "dstportstart", "$P[]", False),
    ("tcp", "dstportstart", "$ P", False),
    ("tcp", "dstportstart", "http", False),
    ("tcp", "connlimit_above", "0x10", False),
    ("tcp", "state", "$STATE", False),
    ("tcp", "state", "new", False),
    ("tcp", "flags", "SYN", False),
    ("tcp", "srcipaddr", "::1", False),
    ("tcp", "srcipmask", "33", False),
    ("tcp", "srcipmask", "255.0.255.0", False),
    ("tcp_ipv6", "dstipto", "fe80::1", False),
    ("tcp_ipv6", "dstipto", "$LAST", True),
    ("tcp_ipv6", "srcipaddr", "fe80::1%eth0", False),
    ("mac", "srcmacaddr", "52:54:00:00:00", False),
    ("mac", "srcmacmask", "ff:00:ff:00:00:00", False),
    ("mac", "protocolid", "0x5ff", False),
    ("vlan", "vlanid", "4096", False),
    ("arp", "opcode", "Hello", False),
    ("ip", "protocol", "256", False),
    ("ip", "dscp", "64", False),
    ("all", "ipsetflags", "src,any", False),
    ("tcp", "comment", "x" * 257, False),
]


@pytest.mark.parametrize(("protocol", "attribute", "value", "fine"), VALUES)
def test_values_are_checked_and_variables_let_through(protocol: str, attribute: str, value: Any, fine: bool) -> None:
    (validator,) = RULE.nodes[protocol].fields[attribute].attribute.validators
    assert (validator(value) is None) is fine


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("chain", "rootx"),
        ("chain", "ipv4-abcdefghi"),
        ("chain", "tcp"),
        ("name", "a/b"),
        ("name", ".."),
        ("name", "a\nb"),
        ("name", ""),
    ],
)
def test_names_that_libvirt_cannot_keep(attribute: str, value: str) -> None:
    (validator,) = FILTER.fields[attribute].attribute.validators
    assert validator(value) is not None


@pytest.mark.parametrize("name", ["a b", 'a"b', "a&b", "a.b-c_d"])
def test_names_that_somebody_may_have_given_a_filter(name: str) -> None:
    (validator,) = FILTER.fields["name"].attribute.validators
    assert validator(name) is None


def test_what_is_not_known_yet_is_not_judged() -> None:
    written = configured(
        chain="ipv4", priority=1, rule=[{"ip": [{"protocol": "udp", "dstportstart": "1", "dstportend": "2"}]}]
    )
    for path in leaves(written):
        partly = with_unknown(written, path)
        assert isinstance(partly, dict)
        assert list(check(partly)) == [], path
    assert list(check({**written, "rule": UNKNOWN})) == []
