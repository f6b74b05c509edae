"""Two translations of one destination, of which nobody could say which wins."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from itertools import combinations, product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


HOST = "the host"
PACKETS = list(
    product(
        (HOST, "203.0.113.5", "203.0.113.6"),
        ("ens3", "ens4", "ens5"),
        ("tcp", "udp", "icmp"),
        (80, 81, 90),
        ("192.0.2.7", "192.0.2.130", "198.51.100.1"),
    )
)
"""Of each kind that a translation may part from others one: destination, interface, protocol, port and client."""
TRANSLATIONS = st.fixed_dictionaries(
    {
        "to": st.just("192.168.150.10"),
        "destination": st.sampled_from([None, "203.0.113.5", "203.0.113.6", "203.0.113.4/30", "203.0.112.0/23"]),
        "interface": st.sampled_from([None, "ens3", "ens4"]),
        "sources": st.none()
        | st.lists(st.sampled_from(["192.0.2.7", "192.0.2.0/25", "192.0.2.0/24", "198.51.100.0/24"]), min_size=1),
    }
).flatmap(
    lambda values: st.one_of(
        st.just(values),
        st.just({**values, "protocol": "udp"}),
        st.lists(st.sampled_from(["80", "81-85", "80-90", "90"]), min_size=1).map(
            lambda ports: {**values, "protocol": "tcp", "ports": ports}
        ),
    )
)


def takes(values: Any, packet: tuple[str, str, str, int, str]) -> bool:
    destination, interface, protocol, port, source = packet
    spans = [[int(part) for part in ports.split("-")] for ports in values.get("ports", ())]
    net = values["destination"]
    return (
        (destination == HOST if net is None else destination != HOST and ip_address(destination) in ip_network(net))
        and values["interface"] in (None, interface)
        and values.get("protocol") in (None, protocol)
        and (not spans or any(span[0] <= port <= span[-1] for span in spans))
        and (values["sources"] is None or any(ip_address(source) in ip_network(net) for net in values["sources"]))
    )


def engine_compares(one: Any, other: Any) -> bool:
    """They claim ports of one place."""
    same = all(one[name] == other[name] for name in ("destination", "interface"))
    return same and claims(one) and claims(other)


def claims(values: Any) -> bool:
    single = values["destination"] is None or "/" not in values["destination"]
    return values["sources"] is None and single and "ports" in values


@settings(deadline=None)
@given(written=st.lists(st.tuples(TRANSLATIONS, st.booleans()), max_size=6))
def test_of_two_that_take_the_same_packet_one_is_told(written: Sequence[tuple[Any, bool]]) -> None:
    changes = [change(f"n{n}", values, Verb.CREATE if new else None) for n, (values, new) in enumerate(written)]
    told = {one.address: one for one in judge_ambiguous(changes)}
    taken = [(values, {packet for packet in PACKETS if takes(values, packet)}) for values, _ in written]
    met = {
        frozenset((one.address, other.address)): bool(one.verb or other.verb)
        for (one, (values, mine)), (other, (others, theirs)) in combinations(zip(changes, taken, strict=True), 2)
        if mine & theirs and not engine_compares(values, others)
    }
    for pair, new in met.items():
        severities = {told[address].severity for address in pair if address in told}
        assert Severity.ERROR in severities if new else severities, pair
    for one in told.values():
        pair = frozenset(change.address for change in changes if f"{change.address} " in one.detail)
        assert (one.severity is Severity.ERROR) <= met[pair]
