"""Two translations of one destination, of which nobody could say which wins."""

from __future__ import annotations

import pytest

from kvmplan_nftables.nat.ambiguous import judge_ambiguous
from kvmplan_sdk import Change, Object, Verb
from kvmplan_sdk.diagnostics import Severity

ONE: Object = {"destination": "203.0.113.5", "to": "192.168.150.10"}
WEB: Object = {**ONE, "protocol": "tcp", "ports": ["80"]}
SOME: Object = {**ONE, "sources": ["192.0.2.0/24"]}


def change(name: str, values: Object | None, verb: Verb | None = Verb.CREATE) -> Change:
    return Change(verb=verb, address=f"nftables_dnat.{name}", type="nftables_dnat", before=None, after=values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, {**ONE, "to": "192.168.150.11"}),
        (ONE, WEB),
        (ONE, {**ONE, "destination": "203.0.113.0/24"}),
        ({**ONE, "interface": "ens3"}, ONE),
        (SOME, {**ONE, "sources": ["192.0.2.7"]}),
        (SOME, WEB),
        ({**WEB, "ports": ["70-90"], "sources": ["192.0.2.7"]}, {**WEB, "sources": ["192.0.0.0/16"]}),
        ({**WEB, "interface": "ens3"}, WEB),
    ],
)
def test_what_both_would_take(one: Object, other: Object) -> None:
    for first, second in ((one, other), (other, one)):
        (told,) = judge_ambiguous([change("a", first), change("b", second)])
        assert told.severity is Severity.ERROR
        assert {told.address} < {"nftables_dnat.a", "nftables_dnat.b"}
        assert all(f"nftables_dnat.{name}" in told.detail for name in "ab")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, {**ONE, "destination": "203.0.113.6"}),
        (ONE, {"destination": "fd00::5", "to": "fd00::10"}),
        ({**ONE, "interface": "ens3"}, {**ONE, "interface": "ens4"}),
        (SOME, {**ONE, "sources": ["198.51.100.0/24"]}),
        (WEB, {**WEB, "ports": ["81"], "sources": ["192.0.2.7"]}),
        (WEB, {**WEB, "protocol": "udp", "sources": ["192.0.2.7"]}),
    ],
)
def test_what_they_part(one: Object, other: Object) -> None:
    assert not list(judge_ambiguous([change("a", one), change("b", other)]))


def test_what_claims_ports_is_left_to_the_engine() -> None:
    assert not list(judge_ambiguous([change("a", WEB), change("b", WEB)]))


def test_what_goes_meets_nothing_and_what_is_there_is_warned_of() -> None:
    assert not list(judge_ambiguous([change("a", None, Verb.DELETE), change("b", ONE)]))
    (told,) = judge_ambiguous([change("a", ONE, None), change("b", ONE, None)])
    assert told.severity is Severity.WARNING
