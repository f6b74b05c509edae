"""Masquerading, source and destination translation and redirects: what cannot be is told when the plan is made."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from kvmplan_nftables.kinds import KINDS
from kvmplan_nftables.nat.dnat import dnat_as_forward
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Rule
from kvmplan_sdk import Change, ClaimedBy, Object, PortClaim, Session, SubnetClaim, Verb

OWNER = Owner("8d0f5c5e-0000-4000-8000-000000000000", "a.b")
MASQUERADE: Object = {"source": "192.168.150.0/24"}
SNAT: Object = {**MASQUERADE, "to": "203.0.113.5"}
DNAT: Object = {"destination": "203.0.113.5", "to": "192.168.150.10"}
HOSTS: Object = {"destination": None, "protocol": "tcp", "ports": ["80", "90-99"], "to": "192.168.150.10"}
REDIRECT: Object = {"protocol": "tcp", "ports": ["80"], "to_port": 8080}
WRONG: list[tuple[str, Object, str]] = [
    ("masquerade", {**MASQUERADE, "except_destinations": []}, "Empty except_destinations"),
    ("masquerade", {**MASQUERADE, "except_destinations": ["fd00::/64"]}, "Families do not go together"),
    ("masquerade", {**MASQUERADE, "random": True, "fully_random": True}, "Both random and fully_random"),
    ("snat", {**SNAT, "to": "fd00::1"}, "Families do not go together"),
    ("snat", {**SNAT, "destinations": ["fd00::1"]}, "Families do not go together"),
    ("snat", {**SNAT, "persistent": True}, "Persistent without a choice"),
    ("dnat", {**DNAT, "destination": "fd00::5"}, "Families do not go together"),
    ("dnat", {**DNAT, "ports": ["80"]}, "Ports without a protocol"),
    ("dnat", {**DNAT, "to_port": 80}, "Ports without a protocol"),
    ("dnat", {**DNAT, "destination": "192.168.150.0/24"}, "A translation to itself"),
    ("dnat", {**DNAT, "destination": "0.0.0.0/0", "to": "192.168.150.10"}, "A translation to itself"),
    ("dnat", {**DNAT, "destination": None, "interface": "ens3"}, "Everything that the host is asked"),
    ("dnat", {**DNAT, "destination": None, "protocol": "tcp"}, "Everything that the host is asked"),
    ("dnat", {**DNAT, "random": True}, "Random without a choice"),
    ("redirect", {**REDIRECT, "ports": ["8080"]}, "A redirect to itself"),
    ("redirect", {**REDIRECT, "destination": "0.0.0.0/0"}, "Everything that passes"),
    ("redirect", {**REDIRECT, "destination": "10.0.0.1", "sources": ["fd00::/64"]}, "Families do not go together"),
]
RULES: list[tuple[str, Object, list[str]]] = [
    ("masquerade", MASQUERADE, ["ip saddr 192.168.150.0/24 ip daddr != 192.168.150.0/24 masquerade"]),
    (
        "masquerade",
        {**MASQUERADE, "out_interface": "ens3", "except_destinations": ["10.0.0.0/8"], "to_ports": "1024-2047"},
        [
            'ip saddr 192.168.150.0/24 ip daddr != 10.0.0.0/8 oifname "ens3" '
            "meta l4proto { tcp, udp, sctp } masquerade to :1024-2047",
            'ip saddr 192.168.150.0/24 ip daddr != 10.0.0.0/8 oifname "ens3" masquerade',
        ],
    ),
    (
        "snat",
        {"source": "fd00::/64", "to": "fd01::1-fd01::9", "to_ports": "1024-2047", "persistent": True, "random": True},
        [
            "ip6 saddr fd00::/64 ip6 daddr != fd00::/64 "
            "meta l4proto { tcp, udp, sctp } snat ip6 to [fd01::1]-[fd01::9]:1024-2047 random,persistent",
            "ip6 saddr fd00::/64 ip6 daddr != fd00::/64 snat ip6 to fd01::1-fd01::9 random,persistent",
        ],
    ),
    ("dnat", DNAT, ["ip daddr 203.0.113.5 dnat ip to 192.168.150.10"] * 2),
    (
        "dnat",
        {**HOSTS, "interface": "ens3", "sources": ["10.0.0.0/8"], "to_port": 80},
        [
            'iifname "ens3" ip saddr 10.0.0.0/8 ip daddr != 127.0.0.0/8 fib daddr type local '
            "tcp dport { 80, 90-99 } dnat ip to 192.168.150.10:80"
        ],
    ),
    ("redirect", REDIRECT, ["fib daddr type local tcp dport 80 redirect to :8080"]),
    (
        "redirect",
        {**REDIRECT, "sources": ["10.0.0.0/8", "fd00::/64"]},
        [
            "ip saddr 10.0.0.0/8 fib daddr type local tcp dport 80 redirect to :8080",
            "ip6 saddr fd00::/64 fib daddr type local tcp dport 80 redirect to :8080",
        ],
    ),
]


@pytest.mark.parametrize(("kind", "values", "summary"), WRONG)
def test_what_cannot_be_is_told(kind: str, values: Object, summary: str) -> None:
    assert summary in [problem.summary for problem in KINDS[f"nftables_{kind}"].check(values)]


@pytest.mark.parametrize(("kind", "values", "rules"), RULES)
def test_the_rules(kind: str, values: Object, rules: list[str]) -> None:
    assert not list(KINDS[f"nftables_{kind}"].check(values))
    pieces = KINDS[f"nftables_{kind}"].pieces(values, OWNER)
    assert [piece.text for piece in pieces if isinstance(piece, Rule)] == rules


def test_ports_that_they_claim() -> None:
    dnat = KINDS["nftables_dnat"].claims
    assert list(dnat(DNAT)) == []
    assert list(dnat(HOSTS)) == [PortClaim("tcp", 80, "0.0.0.0", 80), PortClaim("tcp", 90, "0.0.0.0", 99)]
    assert list(dnat({**HOSTS, "sources": ["10.0.0.0/8"]})) == []
    assert list(KINDS["nftables_redirect"].claims({**REDIRECT, "interface": "ens3"})) == [
        PortClaim("tcp", 80, "0.0.0.0", 80, "ens3"),
        PortClaim("tcp", 80, "::", 80, "ens3"),
    ]


def test_a_destination_is_judged_as_a_forward(open_session: Callable[[], Session]) -> None:
    found = dnat_as_forward(DNAT)
    assert found.takes("tcp", 22)
    assert str(dnat_as_forward({**DNAT, "destination": "203.0.113.0/24"}).address) == "203.0.113.0"
    address, type_ = "nftables_dnat.mail", "nftables_dnat"
    change = Change(verb=Verb.CREATE, address=address, type=type_, before=None, after=DNAT)
    filtered = SubnetClaim(ip_network("192.168.150.0/24"), "virbr1", "libvirt's mode nat")
    session: Any = open_session()
    problems = session.assess([change], [ClaimedBy(address="libvirt_network.lan", claim=filtered)]).diagnostics
    assert ("Port forward into a filtered network", address) in [(one.summary, one.address) for one in problems]


def test_a_target_that_is_nowhere_is_warned_of(host: Any, open_session: Callable[[], Session]) -> None:
    address, type_ = "nftables_port_forward.web", "nftables_port_forward"
    values: Object = {"protocol": "tcp", "port": 80, "target": "192.168.150.10", "target_port": 80}
    change = Change(verb=Verb.CREATE, address=address, type=type_, before=None, after=values)

    def told(*claims: ClaimedBy) -> list[str]:
        session: Any = open_session()
        return [one.summary for one in session.assess([change], claims).diagnostics if "no network" in one.summary]

    lan = SubnetClaim(ip_network("192.168.150.0/24"), "virbr1")
    assert told() == ["The target is in no network of this host"]
    assert told(ClaimedBy(address="libvirt_network.lan", claim=lan)) == []
    host.run(["ip", "route", "add", "default", "dev", "lo"])
    assert told() == ["The target is in no network of this host"]
    host.run(["ip", "route", "add", "192.168.150.0/24", "dev", "lo"])
    assert told() == []
