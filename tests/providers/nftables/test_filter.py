"""``nftables_firewall`` against the real nft: its life, and what is wrong with one by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_nftables.table.identity import Owner
from kvmplan_sdk import Change, ImpactLevel, Known, Object, Operation, Proposal, Session, Step, Value, Verb
from kvmplan_sdk.testing.conformance import Case, exercise
from kvmplan_sdk.testing.proposals import proposal

Open = Callable[[], Session]
LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
WEB = {"action": "allow", "protocol": "tcp", "ports": ["80", "8000-8010", "8005-8020"]}
SETS: Object = {
    "address_set": [{"name": "admins", "addresses": ["10.0.0.0/8", "10.1.0.1", "fd00::/64", "192.168.1.1"]}],
    "port_set": [{"name": "web", "ports": ["80", "443"]}],
}
CASES = [
    Case(
        type="nftables_firewall",
        create={"interface": "virbr1", "ingress": [WEB]},
        updates=[
            {"interface": "virbr2", "ingress": [WEB], "services": ["dhcp"], "egress_default": "reject"},
            {"address": ["192.168.150.10", "FD00:0::10"], "ingress": [WEB, {"action": "drop", "protocol": "icmp"}]},
            {
                "network": "192.168.150.0/24",
                **SETS,
                "ingress": [
                    {"action": "allow", "protocol": "udp", "port_sets": ["web"], "source": ["$admins", "10.9.0.1"]},
                    {"action": "reject", "protocol": "all", "source": ["$admins"]},
                ],
                "egress": [
                    {
                        "action": "allow",
                        "protocol": "icmp",
                        "icmp_types": ["echo-request", "echo-reply"],
                        "limit": {"rate": "10/second"},
                        "log": {"prefix": "ping: ", "rate": "1/minute"},
                    },
                    {"action": "drop", "protocol": "tcp", "source_ports": ["1-1023"], "log": {"level": "warn"}},
                ],
            },
            {
                "network": "192.168.150.0/24",
                "address_set": [{"name": "admins", "addresses": ["10.0.0.0/8"]}],
                "ingress": [{"action": "allow", "source": ["$admins"], "description": "ours"}],
            },
        ],
        address='module.lan["x"].nftables_firewall.web["a \\"b\\" ü"]',
    ),
    Case(
        type="nftables_firewall",
        create={"family": "bridge", "mac": "52:54:00:AA:00:01", "stateful": False, "ingress": [WEB]},
        updates=[
            {
                "family": "bridge",
                "interface": "web",
                "stateful": False,
                "anti_spoofing": {"mac": "52:54:00:aa:00:01", "addresses": ["10.0.0.5", "10.1.0.0/24", "fd00::5"]},
            },
            {"family": "bridge", "interface": "web", "stateful": False, "anti_spoofing": {"enabled": False}, **SETS},
            {"family": "bridge", "network": "fd00::/64", "stateful": False, "anti_spoofing": {"enabled": False}},
            {"family": "inet", "network": "fd00::/64"},
        ],
    ),
]
ISOLATED = [
    Case(
        type="nftables_isolation",
        create={"networks": ["192.168.150.0/24", "192.168.151.0/24", "virbr3", "fd00:150::/64", "fd00:151::/64"]},
        updates=[
            {
                "networks": ["192.168.150.0/24"],
                "from": ["10.0.0.0/8", "192.168.0.0/16", "FC00::/7"],
                "action": "reject",
            },
            {"networks": ["virbr1", "virbr2"]},
            {"guests": ["tap1", "tap2"]},
            {"guests": ["tap1", "tap2"], "gateway_only": True},
            {"guests": ["tap1"], "gateway_only": True, "gateway": "ens4"},
            {"networks": ["virbr1", "virbr2"]},
        ],
    ),
]


@pytest.mark.parametrize("case", [*CASES, *ISOLATED], ids=["inet", "bridge", "isolation"])
def test_contract(host: Any, open_session: Open, case: Case) -> None:
    exercise(NftablesProvider(), open_session, case)
    assert host.ruleset() == ""


def written_as(written: Object, type_: str = "nftables_firewall", name: str = "web") -> Proposal:
    return proposal(NftablesProvider().schema.resources[type_], f"{type_}.{name}", written)


def planned(open_session: Open, written: Object, type_: str = "nftables_firewall") -> list[tuple[str, object]]:
    """What is said of a resource when it is planned: summaries and where."""
    return [(one.summary, one.path) for one in open_session().plan(written_as(written, type_)).diagnostics]


def rule(**values: Any) -> Object:
    return {"interface": "virbr1", "ingress": [{"action": "allow", **values}]}


BRIDGED: Object = {"family": "bridge", "interface": "web", "stateful": False}
OWN: Object = {"anti_spoofing": {"mac": "52:54:00:00:00:01"}}
WRONG: list[tuple[Object, str, tuple[str | int, ...]]] = [
    ({}, "Nobody to guard", ()),
    ({"address": []}, "Nobody to guard", ("address",)),
    ({"address": ["10.0.0.1", "224.0.0.1"]}, "No guest's address", ("address",)),
    (
        {**BRIDGED, "anti_spoofing": {"mac": "52:54:00:00:00:01", "addresses": ["::"]}},
        "No guest's address",
        ("anti_spoofing", "addresses"),
    ),
    ({"interface": "virbr1", "network": "10.0.0.0/24"}, "Guarded twice", ("network",)),
    ({"mac": "52:54:00:00:00:01"}, "A MAC address in the family inet", ("mac",)),
    ({"interface": "virbr1", "stateful": False}, "Without state in the family inet", ("stateful",)),
    ({"interface": "virbr1", **OWN}, "Anti-spoofing in the family inet", ("anti_spoofing",)),
    ({"interface": "virbr1", "services": ["arp"]}, "A service of another family", ("services",)),
    (BRIDGED, "Anti-spoofing without a MAC address", ("anti_spoofing",)),
    ({**BRIDGED, "interface": None, "network": "10.0.0.0/24"}, "Spoofing cannot be prevented", ("anti_spoofing",)),
    ({**BRIDGED, "interface": None, "mac": "52:54:00:00:00:02", **OWN}, "Two MAC addresses", ("anti_spoofing", "mac")),
    (
        {**BRIDGED, "anti_spoofing": {"mac": "52:54:00:00:00:01", "addresses": []}},
        "No addresses",
        ("anti_spoofing", "addresses"),
    ),
    ({**BRIDGED, **OWN, "ingress_default": "reject"}, "Rejected by a bridge", ("ingress_default",)),
    ({**BRIDGED, **OWN, "ingress": [{"action": "reject"}]}, "Rejected by a bridge", ("ingress", 0, "action")),
    ({**BRIDGED, **OWN, "services": ["dns"]}, "A service of another family", ("services",)),
    (rule(ports=["80"]), "Ports without a protocol", ("ingress", 0, "ports")),
    (rule(protocol="icmp", source_ports=["80"]), "Ports without a protocol", ("ingress", 0, "source_ports")),
    (rule(protocol="tcp", ports=[]), "No ports", ("ingress", 0, "ports")),
    (rule(protocol="tcp", icmp_types=["echo-request"]), "ICMP types of another protocol", ("ingress", 0, "icmp_types")),
    (rule(protocol="icmp", icmp_types=["nd-redirect"]), "Unknown ICMP type", ("ingress", 0, "icmp_types")),
    (rule(protocol="tcp", port_sets=["web"]), "Unknown port_set", ("ingress", 0, "port_sets")),
    (rule(source=["$web"]), "Unknown address_set", ("ingress", 0, "source")),
    (rule(source=[]), "Nobody", ("ingress", 0, "source")),
    (rule(source=["10.0.0.1"], destination=["fd00::1"]), "A rule of two families", ("ingress", 0)),
    (rule(source=["10.0.0.1"], protocol="icmpv6"), "A rule of two families", ("ingress", 0)),
    (
        {"network": "10.0.0.0/8", "ingress": [{"action": "allow", "protocol": "icmpv6"}]},
        "A rule of two families",
        ("ingress", 0),
    ),
    (
        {"interface": "virbr1", "egress": [{"action": "drop", "limit": {"rate": "1/second"}}]},
        "A limit of a drop rule",
        ("egress", 0, "limit"),
    ),
    (
        {"interface": "virbr1", "egress": [{"action": "allow"}, {"action": "drop"}]},
        "This allow never does anything",
        ("egress", 0),
    ),
    ({**BRIDGED, **OWN, "port_set": [{"name": "web", "ports": []}]}, "An empty set", ("port_set", 0, "ports")),
    (
        {**BRIDGED, **OWN, "address_set": [{"name": "a", "addresses": []}, {"name": "a", "addresses": []}]},
        "Two sets of one name",
        ("address_set", 1, "name"),
    ),
]


@pytest.mark.parametrize(
    ("written", "summary", "path"), WRONG, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_cannot_be_meant(open_session: Open, written: Object, summary: str, path: tuple[str | int, ...]) -> None:
    assert planned(open_session, written) == [(summary, path)]


def test_several_mistakes_are_told_at_once(open_session: Open) -> None:
    found = planned(open_session, {**rule(ports=["80"], port_sets=["x"], source=["$y"]), "stateful": False})
    assert len(found) == 5


def test_an_empty_address_set_is_one_that_addresses_will_come_into(host: Any, open_session: Open) -> None:
    empty: Object = {
        "interface": "virbr1",
        "address_set": [{"name": "bad", "addresses": []}],
        "ingress": [{"action": "drop", "source": ["$bad"]}],
    }
    assert planned(open_session, empty) == []
    filled = {**empty, "address_set": [{"name": "bad", "addresses": ["10.0.0.1", "fd00::1"]}]}
    exercise(NftablesProvider(), open_session, Case(type="nftables_firewall", create=empty, updates=[filled, empty]))


ALONE: list[tuple[Object, str, str]] = [
    ({}, "Isolated from whom?", "networks"),
    ({"networks": ["a", "b"], "guests": ["c"]}, "Isolated from whom?", "networks"),
    ({"networks": ["10.0.0.0/24"]}, "Nobody to isolate", "networks"),
    ({"networks": ["10.0.0.0/24"], "from": []}, "Nobody to isolate", "from"),
    ({"networks": ["10.0.0.0/24", "10.0.0.0/8"]}, "Networks that overlap", "networks"),
    ({"networks": ["a", "b"], "gateway_only": True}, "An argument of something else", "gateway_only"),
    ({"guests": ["a", "b"], "action": "reject"}, "An argument of something else", "action"),
    ({"guests": ["a"]}, "Nobody to isolate", "guests"),
    ({"guests": ["a", "b"], "gateway": "c"}, "A gateway of guests that are not held to it", "gateway"),
    ({"guests": ["a", "b"], "gateway_only": True, "gateway": "b"}, "A guest as gateway", "gateway"),
]


@pytest.mark.parametrize(("written", "summary", "path"), ALONE)
def test_isolations_that_cannot_be_meant(open_session: Open, written: Object, summary: str, path: str) -> None:
    assert planned(open_session, written, "nftables_isolation") == [(summary, (path,))]


def operate(open_session: Open, verb: Verb, name: str, written: Object) -> Operation:
    asked = written_as(written, name=name)
    values = open_session().plan(asked).values
    before = None if verb is Verb.CREATE else values
    return Operation(verb=verb, address=asked.address, type=asked.type, before=before, after=values)


def batch(open_session: Open, operation: Operation) -> list[str]:
    session: Any = open_session()
    return [line.text for line in session._in_tables._compiled(Step(operations=(operation,), lineage=LINEAGE)).batch]


def apply(open_session: Open, operation: Operation) -> None:
    for outcome in open_session().apply(Step(operations=(operation,), lineage=LINEAGE)):
        assert not outcome.diagnostics


def test_a_firewall_touches_nothing_but_itself(open_session: Open) -> None:
    apply(open_session, operate(open_session, Verb.CREATE, "a", {"interface": "virbr1", "ingress": [WEB]}))
    lines = batch(open_session, operate(open_session, Verb.CREATE, "b", {"interface": "virbr2"}))
    chains = {Owner(LINEAGE, "nftables_firewall.b").name(f"fw_{way}") for way in ("from", "to")}
    heads = [line for line in lines if line.startswith(("add", "create", "delete"))]
    assert [line for line in heads if not any(name in line for name in (*chains, "fw_from_if {", "fw_to_if {"))] == []


def test_a_change_of_one_address_is_one_element(open_session: Open) -> None:
    def written(*more: str) -> Object:
        sets = [{"name": "bad", "addresses": [*(f"10.{i}.0.1" for i in range(100)), *more]}]
        return {"interface": "virbr1", "address_set": sets, "ingress": [{"action": "drop", "source": ["$bad"]}]}

    apply(open_session, operate(open_session, Verb.CREATE, "a", written()))
    lines = batch(open_session, operate(open_session, Verb.UPDATE, "a", written("10.200.0.1")))
    assert [line.partition(" comment")[0] for line in lines[1:]] == ["10.200.0.1", "}"]


DAMAGE = [
    "delete element inet kvmplan fw_to_if { virbr1 }",
    "flush chain inet kvmplan {to}",
    'add rule inet kvmplan {to} accept comment "8d0f5c5e nftables_firewall.a"',
    "delete element inet kvmplan {set} { 10.0.0.1 }",
    "flush chain inet kvmplan fw_forward",
    "flush ruleset",
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_drift_and_repaired(host: Any, open_session: Open, damage: str) -> None:
    owner = Owner(LINEAGE, "nftables_firewall.a")
    sets: Value = [{"name": "bad", "addresses": ["10.0.0.1"]}]
    written: Object = {"interface": "virbr1", "address_set": sets, "ingress": [{"action": "drop", "source": ["$bad"]}]}
    made = operate(open_session, Verb.CREATE, "a", written)
    apply(open_session, made)
    before = host.ruleset()
    known = Known(address=made.address, type=made.type, values=made.after or {})
    (seen,) = open_session().read([known])
    assert seen is not None
    assert seen.values == known.values
    names = {"{to}": owner.name("fw_to"), "{set}": f"{owner.name('as')}_bad_4"}
    for placeholder, name in names.items():
        damage = damage.replace(placeholder, name)
    host.nft(f"{damage}\n")
    assert open_session().read([known]) == [None]
    apply(open_session, made)
    assert sorted(host.ruleset().splitlines()) == sorted(before.splitlines())


def test_what_comes_changes_and_goes_disturbs_guests_live(open_session: Open) -> None:
    session: Any = open_session()
    asked = written_as({"interface": "virbr1"})
    coming = session.plan(asked)
    changed = session.plan(replace(asked, prior={**coming.values, "egress_default": "drop"}))
    for impact in (coming.impact, changed.impact):
        assert (impact.level, impact.why.partition(";")[2]) == (ImpactLevel.LIVE, " established ones go on")
        assert "guests behind virbr1" in impact.why
    gone = Change(verb=Verb.DELETE, address=asked.address, type=asked.type, before=coming.values, after=None)
    assert "guests behind virbr1 are open" in session.assess([gone], []).impacts[asked.address].why


@pytest.mark.parametrize(("ports", "sets"), [(3, 0), (40, 1)])
def test_few_ports_are_rules_and_many_are_a_set(host: Any, open_session: Open, ports: int, sets: int) -> None:
    allowed = {"action": "allow", "protocol": "tcp", "ports": [str(2 * port) for port in range(1, ports + 1)]}
    apply(open_session, operate(open_session, Verb.CREATE, "a", {"interface": "virbr1", "ingress": [allowed]}))
    assert host.ruleset().count("tcp dport {") == sets
    assert host.ruleset().count("tcp dport") == (1 if sets else ports) + 1, "and one of the service dns"
