"""The provider against the real nft: the contract's rules, and a host that is left as it was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_nftables.table.identity import Owner
from kvmplan_sdk import Known, Object, Operation, Outcome, Session, Step, Verb
from kvmplan_sdk.testing.conformance import Case, exercise

from .matrix.table import planned
from .test_blocks import make

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
FOREIGN = "table inet mine {\n\tchain c {\n\t\ttcp dport 22 accept\n\t}\n}\n"
Open = Callable[[], Session]

CASES = [
    Case(
        type="nftables_masquerade",
        create={"source": "192.168.150.0/24"},
        updates=[{"source": "192.168.150.0/24", "out_interface": "ens3"}, {"source": "192.168.151.0/25"}],
    ),
    Case(type="nftables_masquerade", create={"source": "FD00:0::/64"}, updates=[{"source": "fd00::1/128"}]),
    Case(
        type="nftables_port_forward",
        create={"port": 8080, "target": "192.168.150.10", "target_port": 80},
        updates=[
            {"port": 8081, "target": "192.168.150.10", "target_port": 80},
            {"port": 8081, "target": "192.168.150.11"},
            {"port": 53, "protocol": "udp", "address": "10.0.0.1", "target": "192.168.150.11"},
            {"port": 53, "protocol": "udp", "address": "FD00::1", "target": "fd00:0::2"},
        ],
        address='module.lan["x"].nftables_port_forward.web["a \\"b\\" ü"]',
    ),
    Case(
        type="nftables_masquerade",
        create={"source": "192.168.150.0/24", "except_destinations": ["10.0.0.0/8"], "random": True},
        updates=[{"source": "192.168.150.0/24", "to_ports": "1024-65535", "fully_random": True, "persistent": True}],
    ),
    Case(
        type="nftables_snat",
        create={"source": "192.168.150.0/24", "to": "203.0.113.5"},
        updates=[
            {"source": "192.168.150.0/24", "to": "203.0.113.5-203.0.113.9", "persistent": True, "random": True},
            {"source": "192.168.150.7/32", "to": "203.0.113.5", "to_ports": "1024-2047", "out_interface": "ens3"},
            {"source": "192.168.150.0/24", "to": "203.0.113.5", "destinations": ["192.0.2.0/24", "192.0.2.1"]},
            {"source": "fd00::/64", "to": "FD01::1-fd01::9", "to_ports": "1024-2047", "except_destinations": ["::1"]},
        ],
    ),
    Case(
        type="nftables_dnat",
        create={"destination": "203.0.113.5", "to": "192.168.150.10"},
        updates=[
            {"destination": "203.0.113.0/24", "to": "192.168.150.10-192.168.150.12", "persistent": True},
            {"interface": "ens3", "protocol": "tcp", "ports": ["80", "90-99"], "to": "192.168.150.10", "to_port": 80},
            {"destination": "fd01::5", "sources": ["fd02::/64"], "protocol": "udp", "to": "fd00::5", "to_port": 53},
        ],
    ),
    Case(
        type="nftables_redirect",
        create={"ports": ["80"], "to_port": 8080},
        updates=[
            {"ports": ["80", "8000-8010"], "to_port": 3128, "interface": "virbr1", "destination": "0.0.0.0/0"},
            {"ports": ["53"], "protocol": "udp", "to_port": 5353, "sources": ["10.0.0.0/8", "fd00::/64"]},
        ],
    ),
    Case(
        type="nftables_port_forward",
        create={"ports": ["80", "9000-9015"], "target": "192.168.150.10", "protocols": ["tcp", "udp"]},
        updates=[
            {"ports": ["80", "9000-9015"], "target": "192.168.150.10", "target_port": 80},
            {"ports": ["80", "9000-9003"], "target": "192.168.150.10", "target_ports": ["81", "8000-8003"]},
            {"ports": ["80"], "target": "192.168.150.10", "interface": "ens3", "protocol": "sctp"},
            {"ports": ["80-81"], "target": "192.168.150.10", "sources": ["10.0.0.0/8", "192.0.2.1"]},
            {"port": 80, "target": "192.168.150.10", "sources": ["10.0.0.0/8"], "interface": "ens3"},
            {
                "port": 80,
                "target": "192.168.150.10",
                "address": "10.0.0.1",
                "target_port": 81,
                "sources": ["0.0.0.0/0"],
            },
            {"port": 80, "target": "fd00::10", "sources": ["FD00::/64", "::1"], "description": "Page"},
            {"port": 80, "target": "fd00::10", "sources": ["FD00::/64", "::1"], "description": "The page"},
            {
                "ports": ["5-6"],
                "target_ports": ["6-7"],
                "target": "fd00::10",
                "sources": ["fd00::/64", "fd00::/65", "fd01::1"],
                "address": "fd00::1",
            },
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.type.removeprefix("nftables_"))
def test_contract(host: Any, open_session: Open, case: Case) -> None:
    host.nft(FOREIGN)
    before = host.ruleset()
    exercise(NftablesProvider(), open_session, case)
    assert host.ruleset() == before


def operation(verb: Verb, name: str, port: int = 0, target: str = "192.168.150.10") -> Operation:
    values: Object = {"protocol": "tcp", "port": port, "address": None, "target": target, "target_port": 80}
    address = f"nftables_port_forward.{name}"
    after = None if verb is Verb.DELETE else values
    return Operation(verb=verb, address=address, type="nftables_port_forward", before=None, after=after)


def apply(open_session: Open, *operations: Operation, lineage: str = LINEAGE) -> list[Outcome]:
    return list(open_session().apply(Step(operations=operations, lineage=lineage)))


def made(open_session: Open, case: Case) -> list[Known]:
    """The resource of ``case``, applied as a new one."""
    session, address = open_session(), f"{case.type}.a"
    after = planned(session, address, case.type, case.create)
    create = Operation(verb=Verb.CREATE, address=address, type=case.type, before=None, after=after)
    (outcome,) = session.apply(Step(operations=(create,), lineage=LINEAGE))
    assert not outcome.diagnostics
    return [Known(address=address, type=case.type, values=after)]


def read(open_session: Open, *names: str, port: int = 8080) -> list[Object | None]:
    values = operation(Verb.CREATE, "any", port).after or {}
    known = [Known(address=f"nftables_port_forward.{n}", type="nftables_port_forward", values=values) for n in names]
    return [found.values if found and found.owned else None for found in open_session().read(known)]


def test_forwards_swap_their_ports_in_one_batch(open_session: Open) -> None:
    apply(open_session, operation(Verb.CREATE, "a", 8080), operation(Verb.CREATE, "b", 8081))
    outcomes = apply(open_session, operation(Verb.UPDATE, "a", 8081), operation(Verb.UPDATE, "b", 8080))
    assert not any(outcome.diagnostics for outcome in outcomes)
    assert [values and values["port"] for values in read(open_session, "a", "b")] == [8081, 8080]


def test_a_failing_batch_changes_nothing_and_names_the_resource(host: Any, open_session: Open) -> None:
    apply(open_session, operation(Verb.CREATE, "a", 8080))
    before = host.ruleset()
    outcomes = apply(open_session, operation(Verb.CREATE, "c", 8090), operation(Verb.CREATE, "b", 8080))
    assert [outcome.address for outcome in outcomes] == ["nftables_port_forward.b"]
    assert outcomes[0].values is None
    assert "another entry for this" in outcomes[0].diagnostics[0].detail
    assert host.ruleset() == before


def test_a_rehearsal_says_the_same_and_changes_nothing(host: Any, open_session: Open) -> None:
    apply(open_session, operation(Verb.CREATE, "a", 8080))
    before = host.ruleset()
    session: Any = open_session()
    (problem,) = session.dry_run(Step(operations=(operation(Verb.CREATE, "b", 8080),), lineage=LINEAGE))
    assert problem.address == "nftables_port_forward.b"
    assert not session.dry_run(Step(operations=(operation(Verb.CREATE, "c", 8081),), lineage=LINEAGE))
    assert host.ruleset() == before


def test_a_batch_may_come_twice(host: Any, open_session: Open) -> None:
    """As after a crash between the batch and the journal."""
    apply(open_session, operation(Verb.CREATE, "a", 8080))
    before = host.ruleset()
    assert not apply(open_session, operation(Verb.CREATE, "a", 8080))[0].diagnostics
    assert host.ruleset() == before
    for _ in range(2):
        assert apply(open_session, operation(Verb.DELETE, "a"))[0].values is None
    assert host.ruleset() == ""


def test_two_states_share_the_table_and_leave_each_other_alone(host: Any, open_session: Open) -> None:
    other = "ffffffff-0000-4000-8000-000000000000"
    apply(open_session, operation(Verb.CREATE, "a", 8080))
    apply(open_session, operation(Verb.CREATE, "a", 8081), lineage=other)
    assert [values and values["port"] for values in read(open_session, "a")] == [8080]
    apply(open_session, operation(Verb.DELETE, "a"))
    assert "8081" in host.ruleset()
    (found,) = open_session().read([known_at(8081)])
    assert found is not None
    assert not found.owned, "what another state made is present but not ours"


def known_at(port: int) -> Known:
    values = operation(Verb.CREATE, "a", port).after or {}
    return Known(address="nftables_port_forward.a", type="nftables_port_forward", values=values)


@pytest.mark.parametrize(
    "damage",
    [
        "flush chain inet kvmplan prerouting",
        "delete chain inet kvmplan hairpin",
        "flush ruleset",
        "chain inet kvmplan output { policy drop; }",
        "add table inet kvmplan { flags dormant; }",
        "add table inet kvmplan { flags dormant; }\ndelete chain inet kvmplan hairpin",
    ],
)
def test_damage_to_the_table_is_drift_and_repaired(host: Any, open_session: Open, damage: str) -> None:
    apply(open_session, operation(Verb.CREATE, "a", 8080), operation(Verb.CREATE, "b", 8081))
    before = host.ruleset()
    host.nft(f"{damage}\n")
    assert read(open_session, "a", "b") == [None, None]
    apply(open_session, operation(Verb.CREATE, "a", 8080), operation(Verb.CREATE, "b", 8081))
    assert sorted(host.ruleset().splitlines()) == sorted(before.splitlines())


@pytest.mark.parametrize(
    ("type_", "written", "what", "into"),
    [
        ("nftables_masquerade", {"source": "10.9.0.0/24"}, " masquerade", " accept"),
        ("nftables_snat", {"source": "10.9.0.0/24", "to": "192.0.2.1"}, "192.0.2.1", "192.0.2.9"),
        ("nftables_redirect", {"protocol": "tcp", "ports": ["80"], "to_port": 8080}, ":8080", ":8081"),
        ("nftables_isolation", {"networks": ["10.8.0.0/24", "10.9.0.0/24"]}, " drop", " accept"),
        ("nftables_firewall", {"interface": "virbr1", "ingress": [{"action": "reject"}]}, "reject", "accept"),
    ],
)
def test_a_rule_edited_with_its_comment_kept_is_drift_and_repaired(
    host: Any, open_session: Open, type_: str, written: Object, what: str, into: str
) -> None:
    """As who edits what nft lists and loads it. Loaded as it is, it is no drift."""
    known = make(open_session, type_, "a", written)
    before = host.ruleset()
    host.nft(f"flush ruleset\n{before}")
    (seen,) = open_session().read([known])
    assert seen is not None
    assert seen.private == known.private
    lines = before.splitlines(keepends=True)
    place, line = next((place, line) for place, line in enumerate(lines) if what in line and "nftables_" in line)
    lines[place] = line.replace(what, into)
    host.nft(f"flush ruleset\n{''.join(lines)}")
    assert host.ruleset() != before
    assert open_session().read([known]) == [None]
    make(open_session, type_, "a", written)
    assert host.ruleset() == before


def test_a_removed_element_is_missing_and_a_changed_one_differs(host: Any, open_session: Open) -> None:
    apply(open_session, operation(Verb.CREATE, "a", 8080), operation(Verb.CREATE, "b", 8081))
    comment = Owner(LINEAGE, "nftables_port_forward.b").tag
    host.nft(
        "delete element inet kvmplan pf4 { tcp . 8080 }\ndelete element inet kvmplan pf4 { tcp . 8081 }\n"
        f'add element inet kvmplan pf4 {{ tcp . 8081 comment "{comment}" : 192.168.150.99 . 80 }}\n'
    )
    missing, changed = read(open_session, "a", "b")
    assert missing is None
    assert changed is not None
    assert changed["target"] == "192.168.150.99"


def test_foreign_rules_in_our_table_are_never_deleted(host: Any, open_session: Open) -> None:
    host.nft("table inet kvmplan { chain mine { accept; }; }\n")
    apply(open_session, operation(Verb.CREATE, "a", 8080))
    host.nft('add rule inet kvmplan postrouting oifname "ens9" counter comment "to the lab"\n')
    host.nft('add element inet kvmplan pf4 { udp . 9 comment "for the lab" : 1.2.3.4 . 9 }\n')
    session: Any = open_session()
    session.read([known_at(8080)])
    said = [one.detail for one in session.assess([], []).diagnostics if "stranger" in one.summary]
    assert len(said) == 2, "the chain of somebody's own is not meant"
    for detail in said:
        assert "is of no resource" in detail
    host.run(["sh", "-c", said[1].partition("Remove it: `")[2].partition("`")[0]])
    assert "1.2.3.4" not in host.ruleset()
    assert not apply(open_session, operation(Verb.DELETE, "a"))[0].diagnostics
    left = host.ruleset()
    assert 'oifname "ens9" counter' in left
    assert "chain mine" in left
    assert "8080" not in left
    assert not apply(open_session, operation(Verb.CREATE, "b", 8081))[0].diagnostics


@pytest.mark.parametrize(
    "deed", ["insert rule {} accept", 'insert rule {} accept comment "not ours"', "flush chain {}"]
)
def test_a_rule_of_nobody_s_in_a_firewall_s_own_chain_is_drift_and_goes(
    host: Any, open_session: Open, deed: str
) -> None:
    case = Case(type="nftables_firewall", create={"interface": "virbr1"})
    (known,) = made(open_session, case)
    before = host.ruleset()
    chain = next(line.split()[1] for line in before.splitlines() if line.startswith("\tchain fw_to_"))
    host.nft(f"{deed.format(f'inet kvmplan {chain}')}\nadd rule inet kvmplan {chain} accept\n")
    assert open_session().read([known]) == [None]
    made(open_session, case)
    assert host.ruleset() == before


def test_an_element_of_nobody_s_in_a_firewall_s_own_set_is_drift_and_goes(host: Any, open_session: Open) -> None:
    friends = {"name": "friends", "addresses": ["10.0.0.0/24", "10.0.2.7"]}
    rule = {"action": "allow", "source": ["$friends"]}
    case = Case(type="nftables_firewall", create={"interface": "virbr1", "ingress": [rule], "address_set": [friends]})
    (known,) = made(open_session, case)
    before = host.ruleset()
    holder = next(line.split()[1] for line in before.splitlines() if "friends" in line and line.startswith("\tset "))
    assert open_session().read([known]) != [None]
    host.nft(f'add element inet kvmplan {holder} {{ 192.0.2.66 comment "my laptop" }}\n')
    assert open_session().read([known]) == [None]
    made(open_session, case)
    assert host.ruleset() == before


def test_a_change_of_one_element_touches_one_element(host: Any, open_session: Open) -> None:
    apply(open_session, *(operation(Verb.CREATE, f"a{port}", port) for port in range(8000, 8100)))
    session: Any = open_session()
    one = operation(Verb.UPDATE, "a8050", 8050, "192.168.150.77")
    assert len(session._in_tables._compiled(Step(operations=(one,), lineage=LINEAGE)).batch) == len(
        ["delete element {", "8050", "}", "create element {", "8050", "}"]
    )


def test_what_was_rehearsed_is_told_unless_somebody_came_in_between(host: Any, open_session: Open) -> None:
    apply(open_session, operation(Verb.CREATE, "a", 8080))
    step = Step(operations=(operation(Verb.CREATE, "b", 8081), operation(Verb.DELETE, "a", 8080)), lineage=LINEAGE)
    session: Any = open_session()
    assert not session.dry_run(step)
    (rehearsed,) = session._in_tables._rehearsed.values()
    assert rehearsed.holds(step, session._in_tables._tables)
    assert not rehearsed.holds(replace(step, operations=step.operations[:1]), session._in_tables._tables)
    apply(open_session, operation(Verb.CREATE, "c", 8082))
    session._in_tables._tables.forget()
    assert not rehearsed.holds(step, session._in_tables._tables)
    assert [one.diagnostics for one in session.apply(step)] == [(), ()]
    assert None not in read(open_session, "b", "c")
    assert "8080" not in host.ruleset()


def test_a_step_is_one_batch_whatever_its_size(host: Any, open_session: Open) -> None:
    many = [operation(Verb.CREATE, f"a{port}", port) for port in range(10_000, 10_400)]
    assert len(apply(open_session, *many)) == 400
    assert None not in read(open_session, *(f"a{port}" for port in range(10_000, 10_400)))
    apply(open_session, *(operation(Verb.DELETE, f"a{port}") for port in range(10_000, 10_400)))
    assert host.ruleset() == ""


def test_hooks_are_there_only_while_something_uses_them(host: Any, open_session: Open) -> None:
    apply(open_session, operation(Verb.CREATE, "a", 8080))
    forwarding = host.ruleset()
    assert "hook input" not in forwarding
    case = Case(type="nftables_firewall", create={"interface": "virbr1"})
    exercise(NftablesProvider(), open_session, case)
    assert host.ruleset() == forwarding
