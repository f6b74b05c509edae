"""Whatever a configuration may say of forwards and translation goes into nft and comes back as it went."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kvmplan_nftables.kinds import KINDS
from kvmplan_sdk import Known, Object, Operation, Session, Step, Verb, has_errors

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
PROTOCOL = st.sampled_from(["tcp", "udp", "sctp"])
ADDRESSES = {
    4: st.integers(2**24, 2**32 - 2**29 - 1).map(IPv4Address),
    6: st.integers(2**96, 2**128 - 1).map(IPv6Address),
}


def nets(version: int) -> st.SearchStrategy[list[str]]:
    lengths = st.integers(0, {4: 32, 6: 128}[version])
    one = st.tuples(ADDRESSES[version], lengths).map(lambda pair: str(ip_network(f"{pair[0]}/{pair[1]}", strict=False)))
    return st.lists(one, min_size=1, max_size=4)


def ports() -> st.SearchStrategy[list[str]]:
    low = st.integers(1, 65500)
    span = st.tuples(low, st.integers(0, 30)).map(
        lambda pair: f"{pair[0]}-{pair[0] + pair[1]}" if pair[1] else str(pair[0])
    )
    return st.lists(span, min_size=1, max_size=3)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def translations(draw: st.DrawFn) -> tuple[str, Object]:
    version = draw(st.sampled_from([4, 6]))
    address = ADDRESSES[version].map(str)
    kind = draw(st.sampled_from(["port_forward", "snat", "masquerade", "dnat", "redirect"]))
    interface, sources = draw(maybe(st.just("ens3"))), draw(maybe(nets(version)))
    flags = {"random": draw(st.booleans()), "persistent": draw(st.booleans())}
    subnet = str(ip_network(f"{draw(address)}/{draw(st.integers(1, 32))}", strict=False))
    if kind == "port_forward":
        written = draw(ports())
        told = {"target_port": draw(maybe(st.integers(1, 65535)))} | draw(
            st.sampled_from([{}, {"target_port": None, "target_ports": [_shifted(one) for one in written]}])
        )
        listens = {"interface": interface} if interface else {"address": draw(maybe(address))}
        values = {"protocols": draw(st.lists(PROTOCOL, min_size=1)), "ports": written, "sources": sources}
        return kind, {**values, **listens, **told, "target": draw(address)}
    if kind == "redirect":
        values = {"protocol": draw(PROTOCOL), "ports": draw(ports()), "to_port": draw(st.integers(1, 65535))}
        return kind, {**values, "interface": interface, "sources": sources, "destination": draw(maybe(st.just(subnet)))}
    if kind == "dnat":
        protocol = draw(maybe(PROTOCOL))
        told = {"protocol": protocol, "ports": draw(maybe(ports())), "to_port": draw(maybe(st.integers(1, 65535)))}
        return kind, {**(told if protocol else {}), "destination": subnet, "to": draw(address), "sources": sources}
    values = {"source": subnet, "out_interface": interface, "except_destinations": sources, "to_ports": "1024-2047"}
    first, last = sorted(draw(st.tuples(ADDRESSES[version], ADDRESSES[version])))
    return kind, {**values, **flags, **({"to": f"{first}-{last}"} if kind == "snat" else {})}


def _shifted(span: str) -> str:
    return "-".join(str(int(port) + 1) for port in span.split("-"))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(translations())
def test_what_is_made_is_found_as_it_was_made(
    host: Any, open_session: Callable[[], Session], translation: tuple[str, Object]
) -> None:
    type_, values = f"nftables_{translation[0]}", translation[1]
    assume(not has_errors(tuple(KINDS[type_].check(values))))
    for verb in (Verb.CREATE, Verb.DELETE):
        before, after = (None, values) if verb is Verb.CREATE else (values, None)
        operation = Operation(verb=verb, address=f"{type_}.a", type=type_, before=before, after=after)
        (outcome,) = open_session().apply(Step(operations=(operation,), lineage=LINEAGE))
        assert not outcome.diagnostics
        (found,) = open_session().read([Known(address=f"{type_}.a", type=type_, values=values)])
        here = {**values, "saved": False}
        assert (found is not None and found.owned and found.values == here) is (verb is Verb.CREATE), host.ruleset()
    assert host.ruleset() == ""
