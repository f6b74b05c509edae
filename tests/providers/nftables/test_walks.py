"""Walks through many foreign rules: cut down to what counts, they end where a walk by every rule ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network, ip_network
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kvmplan_nftables.assess.filters import Ruleset, obstacles
from kvmplan_nftables.assess.matches import Packet, Sets
from kvmplan_nftables.assess.program import Program
from kvmplan_nftables.assess.spans import Index, Nets
from kvmplan_sdk import Change, Object, Session, Verb

from .namespace_host import NamespaceHost
from .test_assessment import bridged

__all__ = ["bridged"]
FEW_PORTS, FEW_ADDRESSES = range(1, 6), [f"10.0.{third}.{last}" for third in (0, 1) for last in (1, 2, 9)]


def payload(field: str) -> Any:
    return {"payload": {"protocol": "tcp" if field == "dport" else "ip", "field": field}}


PORTS = st.sampled_from(FEW_PORTS)
SPANS = st.tuples(PORTS, PORTS).map(lambda pair: {"range": sorted(pair)})
ADDRESSES = st.one_of(
    st.sampled_from(FEW_ADDRESSES),
    st.sampled_from([{"prefix": {"addr": "10.0.0.0", "len": length}} for length in (0, 16, 24, 30)]),
    st.just({"range": ["10.0.0.2", "10.0.1.1"]}),
)
MATCHES = st.one_of(
    st.tuples(
        st.just(payload("dport")), st.one_of(PORTS, SPANS, st.lists(PORTS, min_size=1).map(lambda x: {"set": x}))
    ),
    st.tuples(st.sampled_from([payload("saddr"), payload("daddr")]), ADDRESSES),
    st.tuples(st.just(payload("daddr")), st.just("@some")),
    st.tuples(st.just(payload("dport")), st.just("@many")),
    st.tuples(st.just({"meta": {"key": "oifname"}}), st.sampled_from(["in", "out"])),
    st.tuples(st.just({"meta": {"key": "mark"}}), st.just(1)),
)
TESTS = st.tuples(MATCHES, st.sampled_from(["==", "!="])).map(
    lambda test: {"match": {"op": test[1], "left": test[0][0], "right": test[0][1]}}
)
VERDICTS = st.sampled_from(
    [*({kind: None} for kind in ("accept", "drop", "return")), {"jump": {"target": "b"}}, {"goto": {"target": "b"}}]
)
PAIRS = st.dictionaries(PORTS, st.sampled_from(["accept", "drop"]), min_size=1).map(
    lambda found: {
        "vmap": {"key": payload("dport"), "data": {"set": [[port, {to: None}] for port, to in found.items()]}}
    }
)
RULES = st.tuples(st.lists(TESTS, max_size=3), st.one_of(VERDICTS, PAIRS)).map(lambda rule: [*rule[0], rule[1]])
PACKETS = st.builds(
    Packet,
    protocol=st.sampled_from(["tcp", "udp"]),
    target=st.one_of(st.none(), st.sampled_from(FEW_ADDRESSES).map(IPv4Address)),
    source=st.one_of(st.none(), st.sampled_from(["10.0.0.1/32", "10.0.0.0/24", "10.0.1.0/30"]).map(IPv4Network)),
    port=st.one_of(st.just(0), PORTS),
    incoming=st.just(("in",)),
    outgoing=st.just("out"),
)
SETS = Sets({"some": FEW_ADDRESSES[:4], "many": [*FEW_PORTS, *range(20, 40)]})


class EveryRule(dict[Any, Program]):
    """Programs that leave nothing out."""

    def __init__(self, rules: Any) -> None:
        self.rules = rules

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: Any) -> Program:
        return Program(open=[*range(len(self.rules.get(key[0], ())))])


@given(
    first=st.lists(RULES, max_size=8), second=st.lists(RULES, max_size=5), packets=st.lists(PACKETS, max_size=8),
    policy=st.sampled_from(["accept", "drop"]),
)  # fmt: skip
def test_what_is_left_out_changes_no_walk(first: Any, second: Any, packets: list[Packet], policy: str) -> None:
    # A chain that jumps to itself is none.
    last = [rule for rule in second if not {"jump", "goto"} & rule[-1].keys()]
    chains = {"a": first, "b": last}
    rules = {
        ("ip", "t", name): [{"handle": place, "expr": rule} for place, rule in enumerate(held)]
        for name, held in chains.items()
    }
    base = {"family": "ip", "table": "t", "name": "a", "policy": policy, "prio": 0}
    fast = Ruleset({"forward": [base]}, rules, {("ip", "t"): SETS})
    slow = Ruleset({"forward": [base]}, rules, {("ip", "t"): SETS}, programs=EveryRule(rules))
    for packet in packets:
        for one in (packet, packet.answered()):
            assert walked(fast, one) == walked(slow, one)


def walked(ruleset: Ruleset, packet: Packet) -> list[Any]:
    return list(obstacles(ruleset, packet, ignore_libvirt=False))


@given(spans=st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300)).map(sorted)), asked=st.tuples(
    st.integers(0, 300), st.integers(0, 300)).map(sorted))  # fmt: skip
def test_an_index_finds_what_touches(spans: list[list[int]], asked: list[int]) -> None:
    index: Index[int] = Index()
    for place, (low, high) in enumerate(spans):
        index.add(low, high, place)
    expected = {place for place, (low, high) in enumerate(spans) if low <= asked[1] and asked[0] <= high}
    assert set(index.touching(*asked)) == expected


def test_subnets_are_found_in_their_order() -> None:
    nets = [ip_network(text) for text in ("0.0.0.0/0", "10.0.0.0/8", "::/0", "10.0.0.0/24", "10.0.0.1/32")]
    held = Nets((net, str(net)) for net in nets)
    assert [item for _, item in held.around(IPv4Address("10.0.0.2"))] == ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/24"]
    assert [item for _, item in held.touching(IPv4Network("10.0.0.0/31"))][-1] == "10.0.0.1/32"


def forwards(count: int) -> Iterator[Change]:
    for number in range(count):
        values: Object = {
            "protocol": "tcp",
            "port": number + 1,
            "address": None,
            "target_port": number + 1,
            "target": f"192.168.150.{number % 250 + 2}",
        }
        address = f"nftables_port_forward.f[{number}]"
        yield Change(verb=Verb.CREATE, address=address, type="nftables_port_forward", before=None, after=values)


def test_many_forwards_beside_many_rules(bridged: NamespaceHost, open_session: Callable[[], Session]) -> None:
    """By every rule it took half a minute for a fifth of them; and one cause is told once."""
    bridged.nft("table inet fw { chain f { type filter hook forward priority 0; policy drop; }; }\n")
    for some in range(0, 250, 50):  # no more goes into one message where the namespace is a user's
        rules = (
            f"ip saddr 198.18.0.{n} drop; ip daddr 10.1.{n}.0/24 tcp dport {n + 1} drop; "
            f"tcp dport {4 * n + 1}-{4 * n + 3} meta mark 7 drop; iifname veth{n} accept"
            for n in range(some, some + 50)
        )
        bridged.nft("".join(f"add rule inet fw f {rule}\n" for some in rules for rule in some.split("; ")))
    session: Any = open_session()
    changes = list(forwards(5000))
    began = time.process_time()
    (found,) = session.assess(changes, []).diagnostics
    spent = time.process_time() - began
    assert found.is_error
    assert "the same with nftables_port_forward.f[1], " in found.detail
    assert "and 4996 more" in found.detail
    assert spent < 5, spent
