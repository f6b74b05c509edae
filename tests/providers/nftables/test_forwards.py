"""Forwards that cannot be, told when the plan is made, and drift told attribute by attribute."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Network
from typing import Any

import pytest

from kvmplan_nftables.kinds import KINDS
from kvmplan_nftables.nat.forward import forward_of
from kvmplan_nftables.table.identity import Owner
from kvmplan_sdk import Known, Object, Operation, PortClaim, Session, Step, Value, Verb

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
KIND = KINDS["nftables_port_forward"]
CLIENTS = {"192.0.2.0/24": "192.168.150.10", "198.51.100.7": "192.168.150.11"}
BASE: Object = {"protocol": "tcp", "target": "192.168.150.10"}
WRONG: list[tuple[Object, str]] = [
    ({}, "No port"),
    ({"port": 80, "ports": ["80"]}, "Both port and ports"),
    ({"port": 80, "protocols": ["udp"]}, "Both protocol and protocols"),
    ({"port": 80, "address": "10.0.0.1", "interface": "ens3"}, "Both address and interface"),
    ({"ports": ["80"], "target_port": 80, "target_ports": ["80"]}, "Both target_port and target_ports"),
    ({"port": 80, "target_ports": ["80"]}, "target_ports without ports"),
    ({"ports": []}, "Empty ports"),
    ({"port": 80, "sources": []}, "Empty sources"),
    ({"ports": ["80-90", "85"]}, "A port written twice"),
    ({"ports": ["80-90"], "target_ports": ["80-91"]}, "Ports do not go together"),
    ({"ports": ["80", "81"], "target_ports": ["80-81"]}, "Ports do not go together"),
    ({"port": 80, "address": "fd00::1"}, "Address and target do not go together"),
    ({"port": 80, "address": "127.0.0.1"}, "Invalid listen address"),
    ({"port": 80, "address": "0.0.0.0"}, "Invalid listen address"),
    ({"port": 80, "target": "127.0.0.1"}, "Invalid target"),
    ({"port": 80, "address": "192.168.150.10"}, "A forward to itself"),
    ({"port": 80, "sources": ["10.0.0.0/8", "fd00::/64"]}, "Source and target do not go together"),
    ({"ports": ["1-30000"], "target_ports": ["2-30001"]}, "A forward of too many entries"),
]


@pytest.mark.parametrize(("values", "summary"), WRONG, ids=[f"{summary}-{n}" for n, (_, summary) in enumerate(WRONG)])
def test_what_cannot_be_is_told(values: Object, summary: str) -> None:
    assert [problem.summary for problem in KIND.check({**BASE, **values})] == [summary]


@pytest.mark.parametrize(
    ("values", "elements"),
    [
        ({"port": 80}, 1),
        ({"ports": ["10000-20000"]}, 1),
        ({"ports": ["10000-20000"], "target_port": 80}, 1),
        ({"ports": ["10000-10009"], "target_ports": ["1-10"]}, 10),
        ({"ports": ["80", "81", "443"]}, 2),
        ({"port": 80, "protocol": None, "protocols": ["tcp", "udp"], "sources": ["10.0.0.0/9", "10.128.0.0/9"]}, 2),
        ({"ports": ["80-81"], "target_ports": ["81-82"], "sources": ["10.0.0.0/8", "10.1.0.0/16", "192.0.2.1"]}, 4),
    ],
)
def test_few_elements_are_enough(values: Object, elements: int) -> None:
    given = {**BASE, **values}
    forward = forward_of(given)
    assert not list(KIND.check(given))
    assert len(KIND.pieces(given, Owner(LINEAGE, "a.b"))) == forward.size == elements


def test_what_a_forward_claims() -> None:
    claims = KIND.claims({**BASE, "ports": ["80", "81", "90-99"], "interface": "ens3"})
    assert list(claims) == [PortClaim("tcp", 80, "0.0.0.0", 81, "ens3"), PortClaim("tcp", 90, "0.0.0.0", 99, "ens3")]
    (chosen,) = KIND.claims({**BASE, "port": 80, "sources": ["192.0.2.7", "198.51.100.0/24"]})
    sources = (IPv4Network("192.0.2.7"), IPv4Network("198.51.100.0/24"))
    assert chosen == PortClaim("tcp", 80, "0.0.0.0", 80, sources=sources)


def test_forwards_of_one_port_for_clients_that_are_apart(host: Any, open_session: Callable[[], Session]) -> None:
    one, other = ({**BASE, "port": 80, "sources": [net], "target": target} for net, target in CLIENTS.items())
    names = ("nftables_port_forward.one", "nftables_port_forward.other")
    made = [
        Operation(verb=Verb.CREATE, address=name, type="nftables_port_forward", before=None, after=values)
        for name, values in zip(names, (one, other), strict=True)
    ]
    assert not any(one.diagnostics for one in open_session().apply(Step(operations=tuple(made), lineage=LINEAGE)))
    listed = host.ruleset()
    assert all(f"{net} . tcp . 80" in listed for net in CLIENTS)


SHIFTED: Object = {"ports": ["8-9"], "target_ports": ["1-2"]}
DRIFT: list[tuple[Object, Object, dict[str, Value]]] = [
    ({"port": 80}, {"port": 80, "target": "192.168.150.99"}, {"target": "192.168.150.99"}),
    ({"port": 80, "target_port": 80}, {"port": 81, "target_port": 90}, {"port": 81, "target_port": 90}),
    ({"ports": ["80-90"]}, {"ports": ["80-90"], "target": "192.168.150.99"}, {"target": "192.168.150.99"}),
    ({"ports": ["80-90"]}, {"ports": ["80-91"]}, {"ports": ["80-91"]}),
    ({"port": 80, "sources": ["10.0.0.0/8"]}, {"port": 80, "sources": ["10.0.0.0/9"]}, {"sources": ["10.0.0.0/9"]}),
    (SHIFTED, {**SHIFTED, "target": "192.168.150.1"}, {"target": "192.168.150.1"}),
]


@pytest.mark.parametrize(("written", "made", "told"), DRIFT)
def test_drift_is_told_by_attribute(
    open_session: Callable[[], Session], written: Object, made: Object, told: dict[str, Value]
) -> None:
    address, type_ = "nftables_port_forward.web", "nftables_port_forward"
    operation = Operation(verb=Verb.CREATE, address=address, type=type_, before=None, after={**BASE, **made})
    (outcome,) = open_session().apply(Step(operations=(operation,), lineage=LINEAGE))
    assert not outcome.diagnostics
    values = {**BASE, **written}
    found: Any = open_session().read([Known(address=address, type=type_, values=values)])[0]
    assert {name: value for name, value in found.values.items() if values.get(name) != value} == {
        **told,
        "saved": False,
    }
