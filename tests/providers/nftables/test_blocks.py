"""Building blocks against the real nft: their lives, drift, places, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import DiagnosticError, Known, Object, Observed, Operation, Outcome, Session, Step, Verb
from kvmplan_sdk.testing.conformance import Case, exercise
from kvmplan_sdk.testing.proposals import proposal

Open = Callable[[], Session]
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
IN: Object = {"table": "mine"}
BASE: Object = {**IN, "name": "in", "type": "filter", "hook": "input", "priority": "filter + 5"}
CASES = {
    "table": Case(
        type="nftables_table",
        create={"name": "other"},
        updates=[
            {"name": "other", "dormant": True},
            {"name": "other"},
            {"name": "third", "family": "ip", "dormant": True},
        ],
        address='module.lan["x"].nftables_table.web["a \\"b\\" ü"]',
    ),
    "chain": Case(
        type="nftables_chain",
        create={**IN, "name": "web"},
        updates=[BASE, {**BASE, "policy": "drop"}, {**BASE, "priority": "-7"}, {**IN, "name": "in"}],
    ),
    "device": Case(
        type="nftables_chain",
        create={**IN, "name": "in", "type": "filter", "hook": "ingress", "priority": "0", "device": "lo"},
        updates=[{**IN, "name": "in", "type": "filter", "hook": "ingress", "priority": "0", "device": "dummy0"}],
    ),
    "rule": Case(
        type="nftables_rule",
        create={**IN, "chain": "there", "rule": "tcp dport { 443, 80 } counter accept"},
        updates=[
            {**IN, "chain": "there", "rule": 'ip saddr 10.0.0.0/8 log prefix "a; b # {" drop'},
            {**IN, "chain": "there", "rule": "drop", "order": 7},
            {**IN, "chain": "there", "rule": "drop", "position": "start"},
            {"table": "foreign", "family": "ip", "chain": "theirs", "rule": "udp dport 53 accept"},
        ],
        refused=[
            {"table": "foreign", "family": "ip", "chain": "theirs", "rule": "udp dprot 53 accept"},
            {"table": "foreign", "family": "ip", "chain": "absent", "rule": "accept"},
            {"table": "absent", "family": "ip", "chain": "theirs", "rule": "accept"},
        ],
    ),
    "set": Case(
        type="nftables_set",
        create={**IN, "name": "a", "type": "ipv4_addr", "elements": ["10.0.0.2", "10.0.0.1"]},
        updates=[
            {**IN, "name": "a", "type": "ipv4_addr", "elements": ["10.0.0.2", "10.0.0.3"]},
            {
                **IN,
                "name": "a",
                "type": "ipv4_addr",
                "flags": ["interval"],
                "elements": ["10.1.0.0/16", "10.2.0.0-10.2.0.255", "10.3.0.1-10.3.0.7", "10.4.0.1/32"],
            },
            {**IN, "name": "a", "type": "ipv6_addr . inet_service", "elements": ["FD00:0::1 . 80"], "counter": True},
            {
                **IN,
                "name": "a",
                "type": "ether_addr",
                "size": 10,
                "policy": "memory",
                "elements": ["52:54:00:AA:00:01"],
            },
            {**IN, "name": "a", "type": "inet_service", "flags": ["interval"], "elements": ["22", "8000-8010"]},
            {**IN, "name": "a", "type": "ifname", "elements": ["virbr0", "br-lan", "eth0.10"]},
            {**IN, "name": "a", "type": "mark", "elements": ["0x10", "7"]},
            {**IN, "name": "a", "type": "ipv4_addr", "flags": ["dynamic"], "timeout": 600, "gc_interval": 60},
        ],
        refused=[{**IN, "name": "a", "type": "ipv4_adr"}],
    ),
    "map": Case(
        type="nftables_map",
        create={
            **IN,
            "name": "m",
            "key": "inet_service",
            "value": "ipv4_addr . inet_service",
            "elements": {"80": "10.0.0.1 . 8080"},
        },
        updates=[
            {
                **IN,
                "name": "m",
                "key": "inet_service",
                "value": "ipv4_addr . inet_service",
                "elements": {"80": "10.0.0.2 . 8080", "81": "10.0.0.1 . 80"},
            },
            {**IN, "name": "m", "key": "ifname", "value": "verdict", "elements": {"eth0": "jump there", "a": "drop"}},
            {
                **IN,
                "name": "m",
                "key": "ipv4_addr",
                "value": "mark",
                "flags": ["interval"],
                "elements": {"10.0.0.0/8": "0x2"},
            },
        ],
    ),
    "verdicts": Case(
        type="nftables_map",
        create={
            **IN,
            "name": "m",
            "key": "ifname",
            "value": "verdict",
            "elements": {"eth0": "jump there", "a": "drop"},
        },
        refused=[{**IN, "name": "m", "key": "ifname", "value": "verdict", "elements": {"eth0": "jump absent"}}],
    ),
    "described": Case(
        type="nftables_set",
        create={
            **IN,
            "name": "a",
            "typeof": "ip saddr . tcp dport",
            "comment": "ours",
            "elements": ["10.0.0.1 . 0x50"],
        },
        updates=[
            {
                **IN,
                "name": "a",
                "type": "ipv4_addr",
                "flags": ["interval"],
                "auto_merge": True,
                "elements": ["10.0.0.0/25", "10.0.0.128/25", "10.0.1.0", "10.2.0.1-10.2.0.9"],
            },
            {
                **IN,
                "name": "a",
                "type": "inet_service",
                "flags": ["interval"],
                "auto_merge": True,
                "elements": ["0-1023", "1024"],
            },
        ],
    ),
    "ranges": Case(
        type="nftables_set",
        create={**IN, "name": "a", "type": "ipv4_addr", "flags": ["interval"], "elements": ["10.0.0.0/8", "192.0.2.1"]},
    ),
    "ranges_of_map": Case(
        type="nftables_map",
        create={
            **IN,
            "name": "m",
            "key": "inet_service",
            "value": "verdict",
            "flags": ["interval"],
            "elements": {"80-90": "drop", "100": "jump there"},
        },
    ),
    "described_map": Case(
        type="nftables_map",
        create={**IN, "name": "m", "typeof": "ip saddr : meta mark", "elements": {"10.0.0.1": "0x10"}},
        updates=[
            {
                **IN,
                "name": "m",
                "key": "ipv4_addr",
                "value": "interval ipv4_addr",
                "flags": ["interval"],
                "elements": {"10.0.0.0/8": "10.0.0.1-10.0.0.7"},
            },
            {**IN, "name": "m", "typeof": "ip saddr : verdict", "elements": {"10.0.0.1": "jump there"}},
        ],
    ),
    "quota": Case(
        type="nftables_quota",
        create={**IN, "name": "q", "bytes": "1024 kbytes"},
        updates=[{**IN, "name": "q", "bytes": "5 bytes", "over": True}],
    ),
    "comments": Case(
        type="nftables_chain",
        create={**IN, "name": "web", "comment": "for the web"},
        updates=[{**BASE, "comment": "all"}, {**BASE, "comment": "all", "policy": "drop"}, {**IN, "name": "web"}],
    ),
    "comment": Case(
        type="nftables_rule",
        create={**IN, "chain": "there", "rule": "accept", "comment": "says who"},
        updates=[{**IN, "chain": "there", "rule": "accept", "comment": "x" * 127, "order": 8}],
    ),
    "devices": Case(
        type="nftables_chain",
        create={**IN, "name": "in", "type": "filter", "hook": "ingress", "priority": "0", "devices": ["dummy0", "lo"]},
        updates=[{**IN, "name": "in", "type": "filter", "hook": "ingress", "priority": "0", "devices": ["lo"]}],
    ),
    "counter": Case(type="nftables_counter", create={**IN, "name": "c"}, updates=[{**IN, "name": "d"}]),
    "limit": Case(
        type="nftables_limit",
        create={**IN, "name": "l", "rate": "10/second"},
        updates=[
            {**IN, "name": "l", "rate": "10/minute", "burst": 3},
            {**IN, "name": "l", "rate": "2048 kbytes/second", "over": True},
            {**IN, "name": "l", "rate": "5 bytes/day", "burst": 100},
        ],
    ),
}
FOREIGN = "table ip foreign {\n\tchain theirs {\n\t\ttcp dport 22 accept\n\t}\n}\n"


@pytest.mark.parametrize("name", CASES)
def test_contract(host: Any, open_session: Open, name: str) -> None:
    host.nft(FOREIGN)
    host.run(["ip", "link", "add", "dummy0", "type", "dummy"])
    make(open_session, "nftables_table", "t", {"name": "mine"})
    make(open_session, "nftables_chain", "there", {**IN, "name": "there"})
    before = host.ruleset()
    exercise(NftablesProvider(), open_session, CASES[name])
    assert host.ruleset() == before


def planned(session: Session, type_: str, name: str, written: Object, verb: Verb = Verb.CREATE) -> Operation:
    schema = NftablesProvider.schema.resources[type_]
    address = f"{type_}.{name}"
    answer = session.plan(proposal(schema, address, written))
    assert not answer.diagnostics, answer.diagnostics
    gone = verb is Verb.DELETE
    before = None if verb is Verb.CREATE else answer.values
    return Operation(verb=verb, address=address, type=type_, before=before, after=None if gone else answer.values)


def carry_out(session: Session, *operations: Operation) -> list[Outcome]:
    return list(session.apply(Step(operations=operations, lineage=LINEAGE)))


def make(open_session: Open, type_: str, name: str, written: Object) -> Known:
    session = open_session()
    operation = planned(session, type_, name, written)
    (outcome,) = carry_out(session, operation)
    assert not outcome.diagnostics, outcome.diagnostics
    known = Known(address=operation.address, type=type_, values=operation.after or {}, private=outcome.private)
    (seen,) = session.read([known])
    return known if seen is None else replace(known, private=seen.private)


def rules(host: Any, chain: str = "there") -> list[str]:
    listed = host.nft(f"list chain inet mine {chain}\n").splitlines()
    return [line.strip().partition(" comment")[0] for line in listed[2:-2]]


@pytest.fixture
def mine(host: Any, open_session: Open) -> Any:
    make(open_session, "nftables_table", "t", {"name": "mine"})
    make(open_session, "nftables_chain", "there", {**IN, "name": "there"})
    return host


def test_a_changed_rule_keeps_its_place(mine: Any, open_session: Open) -> None:
    for port in (1, 2, 3):
        make(open_session, "nftables_rule", f"r{port}", {**IN, "chain": "there", "rule": f"tcp dport {port} accept"})
    make(open_session, "nftables_rule", "r2", {**IN, "chain": "there", "rule": "tcp dport 22 accept"})
    assert rules(mine) == ["tcp dport 1 accept", "tcp dport 22 accept", "tcp dport 3 accept"]


def test_rules_stand_in_their_order_whenever_they_come(mine: Any, open_session: Open) -> None:
    mine.nft("add rule inet mine there udp dport 9 drop\n")

    def rule(port: int, order: int | None = None, **more: str) -> Operation:
        written: Object = {**IN, "chain": "there", "rule": f"tcp dport {port} accept", "order": order, **more}
        return planned(open_session(), "nftables_rule", f"r{port}", written)

    carry_out(open_session(), rule(30, 30), rule(10, 10))
    carry_out(open_session(), rule(20, 20), rule(15, 15), rule(40, 40), rule(1, position="start"))
    assert [text.split()[2] for text in rules(mine)] == ["1", "9", "10", "15", "20", "30", "40"]


@pytest.mark.parametrize("text", ["tcp dport 23 accept", "tcp dport { 80, 81 } counter accept", "accept"])
def test_a_rule_whose_text_was_changed_by_hand_is_drift(mine: Any, open_session: Open, text: str) -> None:
    known = make(open_session, "nftables_rule", "r", {**IN, "chain": "there", "rule": "tcp dport 22 counter accept"})
    assert open_session().read([known]) == [Observed(values=known.values, private=known.private)]
    make(open_session, "nftables_set", "s", {**IN, "name": "s", "type": "ipv4_addr", "elements": ["10.0.0.1"]})
    saved = mine.ruleset().replace("tcp dport 22 counter packets 0 bytes 0 accept", text)
    mine.nft(f"flush ruleset\n{saved}")
    (seen,) = open_session().read([known])
    assert seen is not None
    assert seen.values == {**known.values, "rule": text}
    operation = planned(
        open_session(), "nftables_rule", "r", {**IN, "chain": "there", "rule": "tcp dport 22 counter accept"}
    )
    repair = Operation(
        verb=Verb.UPDATE, address=known.address, type=known.type, before=seen.values, after=operation.after
    )
    carry_out(open_session(), repair)
    assert open_session().read([known]) == [Observed(values=known.values, private=known.private)]


def test_what_counts_is_no_drift(mine: Any, open_session: Open) -> None:
    known = make(open_session, "nftables_rule", "r", {**IN, "chain": "there", "rule": "counter accept"})
    saved = mine.ruleset().replace("packets 0 bytes 0", "packets 7 bytes 700")
    mine.nft(f"flush ruleset\n{saved}")
    assert open_session().read([known]) == [Observed(values=known.values, private=known.private)]


def test_a_chain_made_anew_gets_back_what_is_in_it(mine: Any, open_session: Open) -> None:
    table = Known(
        address="nftables_table.t", type="nftables_table", values={"family": "inet", "name": "mine", "dormant": False}
    )
    chain = make(open_session, "nftables_chain", "in", BASE)
    rule = make(open_session, "nftables_rule", "r", {**IN, "chain": "in", "rule": "tcp dport 22 accept"})
    mine.nft(
        "add rule inet mine in udp dport { 1000, 1002, 1004, 1006, 1008, 1010, 1012, 1014, 1016, 1018, 1020 } drop\n"
    )
    before = rules(mine, "in")[1:]
    session = open_session()
    changed = planned(session, "nftables_chain", "in", {**BASE, "priority": "77"}, Verb.UPDATE)
    (outcome,) = carry_out(
        session,
        Operation(verb=Verb.UPDATE, address=chain.address, type=chain.type, before=chain.values, after=changed.after),
    )
    assert not outcome.diagnostics
    assert rules(mine, "in")[1:] == before
    assert "tcp dport 22 accept" in before
    chain = Known(address=chain.address, type=chain.type, values=changed.after or {})
    assert all(now and now.owned for now in open_session().read([table, chain, rule]))


def test_a_set_made_anew_keeps_the_rules_that_look_into_it(mine: Any, open_session: Open) -> None:
    one: Object = {**IN, "name": "s", "type": "ipv4_addr", "elements": ["10.0.0.1"]}
    other: Object = {**IN, "name": "s", "type": "ipv4_addr", "flags": ["interval"], "elements": ["10.0.0.0/8"]}
    known = make(open_session, "nftables_set", "s", one)
    make(open_session, "nftables_set", "s2", {**one, "name": "s2"})
    make(open_session, "nftables_rule", "a", {**IN, "chain": "there", "rule": "tcp dport 1 accept"})
    looks = make(open_session, "nftables_rule", "b", {**IN, "chain": "there", "rule": "ip saddr @s drop", "order": 5})
    mine.nft(
        "add rule inet mine there ip daddr @s counter packets 7 bytes 8 accept\n"
        "add rule inet mine there ip daddr @s2 accept\n"
        'add rule inet mine there udp dport 9 log prefix "@s" drop\n'
    )
    before = rules(mine)
    session = open_session()
    after = planned(session, "nftables_set", "s", other).after
    change = Operation(verb=Verb.UPDATE, address=known.address, type=known.type, before=known.values, after=after)
    (outcome,) = carry_out(session, change)
    assert not outcome.diagnostics
    assert rules(mine) == before
    assert "flags interval" in mine.ruleset()
    assert all(now and now.owned for now in open_session().read([looks]))


@pytest.mark.parametrize("what", ["chain", "table"])
def test_what_others_put_in_is_not_taken_along(mine: Any, open_session: Open, what: str) -> None:
    mine.nft("add rule inet mine there udp dport 9 drop\n")
    before = mine.ruleset()
    name, written = ("there", {**IN, "name": "there"}) if what == "chain" else ("t", {"name": "mine"})
    session = open_session()
    with pytest.raises(DiagnosticError, match="holds what is not in this plan"):
        carry_out(session, planned(session, f"nftables_{what}", name, written, Verb.DELETE))
    assert mine.ruleset() == before


@pytest.mark.parametrize(
    ("type_", "written", "there"),
    [
        ("nftables_table", {"name": "other"}, "table inet other"),
        ("nftables_chain", {**IN, "name": "x"}, "chain inet mine x"),
        ("nftables_set", {**IN, "name": "x", "type": "ipv4_addr"}, "set inet mine x { type ipv4_addr; }"),
        ("nftables_counter", {**IN, "name": "x"}, "counter inet mine x"),
        ("nftables_limit", {**IN, "name": "x", "rate": "1/second"}, "limit inet mine x { rate 1/second; }"),
    ],
)
def test_what_others_made_is_not_taken_over(
    mine: Any, open_session: Open, type_: str, written: Object, there: str
) -> None:
    mine.nft(f"add {there}\n")
    before = mine.ruleset()
    session: Any = open_session()
    operation = planned(session, type_, "x", written)
    (problem,) = session.dry_run(Step(operations=(operation,), lineage=LINEAGE))
    assert "another entry for this" in problem.detail
    assert problem.address == operation.address
    known = Known(address=operation.address, type=type_, values=operation.after or {})
    assert [now and now.owned for now in session.read([known])] == [False]
    carry_out(session, planned(session, type_, "x", written, Verb.DELETE))
    assert mine.ruleset() == before


def test_everything_comes_and_goes_in_one_batch(host: Any, open_session: Open) -> None:
    written: list[tuple[str, Object]] = [
        ("table", {"name": "mine"}),
        ("chain", {**IN, "name": "web"}),
        ("chain", BASE),
        ("set", {**IN, "name": "s", "type": "ipv4_addr", "flags": ["interval"], "elements": ["10.0.0.0/8"]}),
        ("map", {**IN, "name": "m", "key": "ifname", "value": "verdict", "elements": {"lo": "jump web"}}),
        ("counter", {**IN, "name": "c"}),
        ("rule", {**IN, "chain": "in", "rule": "ip saddr @s counter name c iifname vmap @m"}),
    ]
    session = open_session()

    def all_of(verb: Verb) -> list[Operation]:
        made = [
            planned(session, f"nftables_{type_}", f"x{place}", values, verb)
            for place, (type_, values) in enumerate(written)
        ]
        return made if verb is Verb.CREATE else made[::-1]

    assert not any(outcome.diagnostics for outcome in carry_out(session, *all_of(Verb.CREATE)))
    assert "vmap @m" in host.ruleset()
    assert not any(outcome.diagnostics for outcome in carry_out(session, *all_of(Verb.DELETE)))
    assert host.ruleset() == ""


def test_a_table_falls_asleep_or_wakes_as_chains_come(mine: Any, open_session: Open) -> None:
    """The kernel takes no base chain after a change of the flag."""
    for number, dormant in enumerate((True, False)):
        session = open_session()
        table = planned(session, "nftables_table", "t", {"name": "mine", "dormant": dormant}, Verb.UPDATE)
        table = replace(table, before={**(table.before or {}), "dormant": not dormant})
        chain = planned(session, "nftables_chain", f"c{number}", {**BASE, "name": f"c{number}"})
        assert not any(outcome.diagnostics for outcome in carry_out(session, table, chain))
        assert ("flags dormant" in mine.ruleset()) is dormant
    assert mine.ruleset().count("hook input") == 2


def test_a_change_of_one_element_touches_one(mine: Any, open_session: Open) -> None:
    def written(last: int) -> Object:
        return {
            **IN,
            "name": "s",
            "type": "ipv4_addr",
            "elements": [*(f"10.0.0.{i}" for i in range(99)), f"10.0.1.{last}"],
        }

    make(open_session, "nftables_set", "s", written(1))
    session: Any = open_session()
    before, after = (planned(session, "nftables_set", "s", written(last)) for last in (1, 2))
    change = Operation(
        verb=Verb.UPDATE, address=before.address, type=before.type, before=before.after, after=after.after
    )
    lines = session._in_tables._compiled(Step(operations=(change,), lineage=LINEAGE)).batch
    assert [line.text.partition(" comment")[0] for line in lines] == [
        "delete element inet mine s {",
        "10.0.1.1,",
        "}",
        "create element inet mine s {",
        "10.0.1.2",
        "}",
    ]


def test_elements_that_went_or_changed_are_drift(mine: Any, open_session: Open) -> None:
    known = make(
        open_session,
        "nftables_set",
        "s",
        {**IN, "name": "s", "type": "ipv4_addr", "elements": ["10.0.0.1", "10.0.0.2"]},
    )
    mine.nft("delete element inet mine s { 10.0.0.1 }\nadd element inet mine s { 10.9.9.9 }\n")
    (seen,) = open_session().read([known])
    assert seen is not None
    assert seen.values["elements"] == ["10.0.0.2"]


BAD: list[tuple[str, Object, str]] = [
    ("chain", {**IN, "name": "x", "hook": "input"}, "Half a base chain"),
    ("chain", {**IN, "name": "x", "policy": "drop"}, "A policy without a hook"),
    ("chain", {**BASE, "device": "lo"}, "A device and a hook"),
    ("rule", {**IN, "chain": "there", "rule": "accept", "order": 1, "position": "start"}, "An order and a position"),
    ("set", {**IN, "name": "s", "type": "ipv4_addr", "timeout": 5, "elements": ["10.0.0.1"]}, "Elements that run out"),
    ("set", {**IN, "name": "s", "type": "ipv4_addr", "gc_interval": 5}, "Nothing that runs out"),
    ("set", {**IN, "name": "s", "type": "ipv4_addr", "elements": ["10.0.0.1", "10.0.0.1/32"]}, "Invalid nftables_set"),
    ("set", {**IN, "name": "s", "type": "ipv4_addr", "elements": ["fd00::1"]}, "Invalid nftables_set"),
]


@pytest.mark.parametrize(("type_", "written", "summary"), BAD)
def test_what_cannot_be_meant_is_told_when_planning(
    open_session: Open, type_: str, written: Object, summary: str
) -> None:
    with pytest.raises(AssertionError, match=summary):
        planned(open_session(), f"nftables_{type_}", "x", written)
