"""Forwards that another state, or somebody by hand, has in the same table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Change, Diagnostic, Object, Operation, Session, Step, Verb

from .conftest import LINEAGE

ANOTHER = "0a1b2c3d-0000-4000-8000-000000000000"
THEIRS: Sequence[Mapping[str, Any]] = (
    {"port": 80, "target": "192.168.150.10"},
    {"ports": ["9000-9100"], "target": "192.168.150.10"},
    {"port": 8080, "address": "203.0.113.5", "target": "192.168.150.10"},
    {"ports": ["7000-7010"], "interface": "ens3", "target": "fd00:150::10"},
    {"port": 22, "sources": ["198.51.100.0/24"], "target": "192.168.150.10"},
)


@pytest.fixture
def session(host: Any, open_session: Callable[[], Session]) -> Any:
    theirs = NftablesProvider().open(host, {}, ANOTHER)
    made = [
        Operation(verb=Verb.CREATE, address=address(place), type="nftables_port_forward", before=None, after=one)
        for place, one in enumerate(map(values, THEIRS))
    ]
    assert not any(outcome.diagnostics for outcome in theirs.apply(Step(operations=tuple(made), lineage=ANOTHER)))
    return open_session()


def address(place: int | str) -> str:
    return f'nftables_port_forward.web["{place}"]'


def values(written: Mapping[str, Any]) -> Object:
    return {"protocol": "tcp", "saved": False, "target_port": written.get("port"), **written}


def judged(session: Any, written: Mapping[str, Any], verb: Verb | None = Verb.CREATE) -> list[Diagnostic]:
    before = None if verb is Verb.CREATE else values(written)
    change = Change(verb=verb, address=address("x"), type="nftables_port_forward", before=before, after=values(written))
    return [
        one for one in session.assess([change], []).diagnostics if one.summary == "A port that is forwarded already"
    ]


@pytest.mark.parametrize(
    ("written", "theirs"),
    [
        ({"port": 80}, 0),
        ({"ports": ["70-90"], "target_port": 80}, 0),
        ({"port": 80, "sources": ["10.0.0.0/8"]}, 0),
        ({"port": 9050}, 1),
        ({"ports": ["30-70", "9090-9200"]}, 1),
        ({"ports": ["8000-8090"], "address": "203.0.113.5"}, 2),
        ({"port": 7005, "interface": "ens3", "target": "fd00:150::11"}, 3),
        ({"port": 22}, 4),
        ({"ports": ["20-30"], "sources": ["10.0.0.1", "198.51.100.7"]}, 4),
        ({"port": 81}, None),
        ({"port": 80, "protocol": "udp"}, None),
        ({"port": 80, "target": "fd00:150::11"}, None),
        ({"port": 80, "address": "203.0.113.5"}, None),
        ({"port": 8080}, None),
        ({"port": 7005, "interface": "ens4", "target": "fd00:150::11"}, None),
        ({"port": 22, "sources": ["198.51.101.0/24"]}, None),
    ],
)
def test_a_port_that_another_state_forwards(session: Any, written: Mapping[str, Any], theirs: int | None) -> None:
    written = {"target": "192.168.150.11", **written}
    found = judged(session, written)
    assert not judged(session, written, None), "what is there already, beside theirs"
    if theirs is None:
        assert found == []
        return
    (one,) = found
    assert one.is_error
    assert f"{address(theirs)} of another state (0a1b2c3d...) forwards TCP port" in one.detail
    assert f"to {THEIRS[theirs]['target']}" in one.detail
    assert one.path == (("ports",) if "ports" in written else ("port",))


def test_a_port_that_somebody_forwards_by_hand(host: Any, session: Any) -> None:
    host.nft("add element inet kvmplan pf4 { udp . 53 : 192.168.150.20 . 53 }\n")
    (one,) = judged(session, {"port": 53, "protocol": "udp", "target": "192.168.150.11"})
    assert "`nft delete element inet kvmplan pf4 '{ udp . 53 }'`" in one.detail


def test_its_own_forwards_are_in_nobodys_way(session: Any, open_session: Callable[[], Session]) -> None:
    forward = values({"port": 81, "target": "192.168.150.11"})
    made = Operation(verb=Verb.CREATE, address=address("x"), type="nftables_port_forward", before=None, after=forward)
    assert not any(one.diagnostics for one in session.apply(Step(operations=(made,), lineage=LINEAGE)))
    assert judged(open_session(), {"port": 81, "target": "192.168.150.12"}, Verb.UPDATE) == []


def test_what_is_only_saved_anew_is_no_change(host: Any, open_session: Callable[[], Session]) -> None:
    """A firewall that came meanwhile is told, but does not keep it from being saved."""
    host.run(["ip", "link", "set", "lo", "up"])
    host.run(["ip", "route", "add", "192.168.150.0/24", "dev", "lo"])
    host.nft("table inet fw { chain f { type filter hook forward priority 0; policy drop; }; }\n")
    forward = values({"port": 80, "target": "192.168.150.11"})
    session: Any = open_session()
    told = []
    for verb, before in ((Verb.CREATE, None), (Verb.UPDATE, {**forward, "saved": True})):
        change = Change(verb=verb, address=address("x"), type="nftables_port_forward", before=before, after=forward)
        found = session.assess([change], []).diagnostics
        told.append({one.is_error for one in found if "stops new connections" in one.detail or "policy" in one.detail})
    assert told == [{True}, {False}]
