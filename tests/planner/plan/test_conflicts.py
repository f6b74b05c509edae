"""Claims that contradict each other are found, all of them, and no others."""

from __future__ import annotations

import ipaddress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.addresses import Address
from kvmplan.lane import Lane
from kvmplan.plan.conflicts import claims_by_host, conflicts
from kvmplan.plan.model import Action, Change
from kvmplan_sdk.claims import Claim, InterfaceClaim, MacClaim, PortClaim, SubnetClaim
from kvmplan_sdk.diagnostics import Severity


def change(name: str, *claims: Claim, host: str = "h", action: Action = Action.CREATE) -> Change:
    lane = Lane(host, "x")
    return Change(address=Address("x_y", name), action=action, lane=lane, before=None, after={}, claims=claims)


def found(*changes: Change) -> list[tuple[str, str | None]]:
    by_address = {one.address: one for one in changes}
    return [(d.summary, d.address) for d in conflicts(claims_by_host(changes), by_address)]


@st.composite
def networks(draw: st.DrawFn) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Few enough that they meet often."""
    prefix = draw(st.integers(0, 5))
    bits = draw(st.integers(0, 2**prefix - 1))
    if draw(st.booleans()):
        return ipaddress.ip_network(((10 << 24) | (bits << (24 - prefix)), 8 + prefix))
    return ipaddress.ip_network(((0xFD << 120) | (bits << (120 - prefix)), 8 + prefix))


@given(st.lists(st.tuples(networks(), st.sampled_from("abc"), st.sampled_from("hk")), max_size=12))
def test_overlaps_are_those_that_comparing_all_pairs_finds(
    claimed: list[tuple[ipaddress.IPv4Network, str, str]],
) -> None:
    changes = [
        change(f"r{index}", SubnetClaim(network, interface), host=host)
        for index, (network, interface, host) in enumerate(claimed)
    ]
    clashing = set()
    for i, (network, interface, host) in enumerate(claimed):
        for j, (other, elsewhere, its_host) in enumerate(claimed):
            near = i != j and host == its_host and interface != elsewhere and network.version == other.version
            if near and network.overlaps(other):
                clashing.add(frozenset((f"x_y.r{i}", f"x_y.r{j}")))
    told = found(*changes)
    assert bool(told) == bool(clashing)
    inner = {address for _, address in told}
    assert all(pair & inner for pair in clashing), "of every two that clash, one is told"


def test_claims_taken_twice() -> None:
    assert found(change("a", InterfaceClaim("br0")), change("b", InterfaceClaim("br0"))) == [
        ("Interface br0 taken twice", "x_y.b")
    ]
    assert found(change("a", MacClaim("52:54:00:AA:00:01")), change("b", MacClaim("52:54:00:aa:00:01"))) == [
        ("MAC address 52:54:00:aa:00:01 taken twice", "x_y.b")
    ]
    port = PortClaim("tcp", 80, "10.0.0.1")
    assert found(change("a", port), change("b", port)) == [("TCP port 80 of 10.0.0.1 taken twice", "x_y.b")]


NETS = tuple(map(ipaddress.IPv4Network, ("192.0.2.0/25", "192.0.2.128/25", "192.0.2.7/32")))


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (PortClaim("tcp", 80), PortClaim("tcp", 80), "TCP port 80"),
        (PortClaim("tcp", 80, last=90), PortClaim("tcp", 85, last=95), "TCP ports 85-90"),
        (PortClaim("tcp", 85, "0.0.0.0"), PortClaim("tcp", 80, "0.0.0.0", 90), "TCP port 85 (IPv4)"),
        (PortClaim("udp", 1, "::", 9, "br0"), PortClaim("udp", 9, "::", 0, "br0"), "UDP port 9 (IPv6) on br0"),
        (PortClaim("tcp", 80), PortClaim("udp", 80), ""),
        (PortClaim("tcp", 80, last=90), PortClaim("tcp", 91), ""),
        (PortClaim("tcp", 80, "0.0.0.0"), PortClaim("tcp", 80, "::"), ""),
        (PortClaim("tcp", 80, interface="br0"), PortClaim("tcp", 80), ""),
        (PortClaim("tcp", 80, "10.0.0.1"), PortClaim("tcp", 80), ""),
        (PortClaim("tcp", 80, sources=NETS[:1]), PortClaim("tcp", 80, sources=NETS[1:2]), ""),
        (PortClaim("tcp", 80, sources=NETS[:1]), PortClaim("tcp", 80, sources=NETS[1:]), "TCP port 80"),
        (PortClaim("tcp", 80, sources=NETS[2:]), PortClaim("tcp", 70, last=99, sources=NETS[:2]), "TCP port 80"),
        (PortClaim("tcp", 80, sources=NETS[2:]), PortClaim("tcp", 81, sources=NETS[:1]), ""),
        (PortClaim("tcp", 80, sources=NETS[:1]), PortClaim("tcp", 80), "TCP port 80"),
        (PortClaim("tcp", 80), PortClaim("tcp", 80, sources=NETS[:1]), "TCP port 80"),
    ],
)
def test_ports_taken_twice(one: PortClaim, other: PortClaim, told: str) -> None:
    expected = [(f"{told} taken twice", "x_y.b")] if told else []
    assert found(change("a", one), change("b", other)) == expected


SOURCES = st.lists(networks().filter(lambda net: net.version == 4), max_size=2).map(tuple)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 3), SOURCES), max_size=8))
def test_ports_taken_twice_are_those_that_comparing_all_pairs_finds(
    claimed: list[tuple[int, int, tuple[ipaddress.IPv4Network, ...]]],
) -> None:
    claims = [PortClaim("tcp", port, "", port + more, "", sources) for port, more, sources in claimed]
    clashing = any(
        one.port <= other.end
        and other.port <= one.end
        and (
            not one.sources
            or not other.sources
            or any(net.overlaps(its) for net in one.sources for its in other.sources)
        )
        for one, other in combinations(claims, 2)
    )
    assert bool(found(*(change(f"r{index}", claim) for index, claim in enumerate(claims)))) == clashing


def test_no_conflict_across_hosts_nor_with_what_goes_nor_with_oneself() -> None:
    claim = InterfaceClaim("br0")
    assert found(change("a", claim), change("b", claim, host="other")) == []
    assert found(change("a", claim), change("b", claim, action=Action.DELETE)) == []
    assert found(change("a", claim, claim)) == []


def test_what_is_there_already_and_stays_is_warned_of() -> None:
    there, new = Action.NO_OP, Action.CREATE
    for first, second, severity in ((there, there, Severity.WARNING), (there, new, Severity.ERROR)):
        changes = [change(name, InterfaceClaim("br0"), action=action) for name, action in (("a", first), ("b", second))]
        (told,) = conflicts(claims_by_host(changes), {one.address: one for one in changes})
        assert told.severity is severity
