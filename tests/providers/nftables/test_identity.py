from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kvmplan_nftables.kinds import KINDS
from kvmplan_nftables.table.identity import LIMIT, Owner, digest, parse_comment
from kvmplan_nftables.table.pieces import Element, Named

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
ADDRESSES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200)


def tag(lineage: str, address: str) -> str:
    return Owner(lineage, address).tag


def test_tags_can_be_read() -> None:
    tagged = tag(LINEAGE, 'module.lan["a"].nftables_masquerade.out[0]')
    assert tagged == "8d0f5c5e module.lan['a'].nftables_masquerade.out[0]"


@given(ADDRESSES, ADDRESSES)
def test_tags_are_safe_short_and_tell_addresses_apart(one: str, other: str) -> None:
    tagged = tag(LINEAGE, one)
    assert len(f"{tagged} ~{digest('rule')}".encode()) <= LIMIT
    assert tagged.isascii()
    assert tagged.isprintable()
    assert not set('"\\\n') & set(tagged)
    assume(one != other)
    assert tagged != tag(LINEAGE, other)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ADDRESSES)
def test_tags_come_back_from_nft_as_they_went(host: Any, address: str) -> None:
    tagged = tag(LINEAGE, address)
    host.nft(f'table inet t {{ chain c {{ accept comment "{tagged}"; }}; }}\n')
    assert f'accept comment "{tagged}"\n' in host.ruleset()
    assert parse_comment(f"{tagged} ~{digest('rule')}") == (tagged, digest("rule")) or address.startswith(" ")
    host.nft("delete table inet t\n")


TEXT = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["10.0.0.1", "80; flush ruleset", '"; }', "10.0.0.0/24", "x\naccept", "{}", "eth0*", "fd00::1%eth0;"]
    ),
)


FORWARD = {"protocol": "tcp", "port": "80", "address": "fd00::1", "target": "fd00::2", "target_port": "8080"}
MASQUERADE = {"source": "fd00::/64", "out_interface": "ens3"}


@given(st.sampled_from(sorted(FORWARD)), TEXT)
def test_no_text_gets_into_a_forward_s_command(name: str, text: str) -> None:
    _assert_harmless("nftables_port_forward", {**FORWARD, name: text})


OTHERS: dict[str, dict[str, Any]] = {
    "nftables_port_forward": {
        "protocols": ["tcp"],
        "ports": ["80-81"],
        "target_ports": ["90-91"],
        "sources": ["fd00::/64"],
        "target": "fd00::2",
        "interface": "ens3",
    },
    "nftables_masquerade": {**MASQUERADE, "except_destinations": ["fd01::/64"], "to_ports": "80-90"},
    "nftables_snat": {**MASQUERADE, "destinations": ["fd01::/64"], "to": "fd02::1", "to_ports": "80-90"},
    "nftables_dnat": {
        "destination": "fd01::/64",
        "interface": "ens3",
        "sources": ["fd02::/64"],
        "protocol": "tcp",
        "ports": ["80"],
        "to": "fd00::2",
        "to_port": "80",
    },
    "nftables_redirect": {
        "destination": "fd01::/64",
        "interface": "ens3",
        "sources": ["fd02::/64"],
        "protocol": "tcp",
        "ports": ["80"],
        "to_port": "80",
    },
}
ATTRIBUTES = [(type_, name) for type_, values in OTHERS.items() for name in values]


@given(st.sampled_from(ATTRIBUTES), TEXT)
def test_no_text_gets_into_the_commands_of_translation(attribute: tuple[str, str], text: str) -> None:
    type_, name = attribute
    values = OTHERS[type_]
    value: Any = [text] if isinstance(values[name], list) else text
    _assert_harmless(type_, {**values, name: value})


@given(st.sampled_from(sorted(MASQUERADE)), TEXT)
def test_no_text_gets_into_a_masquerade_s_command(name: str, text: str) -> None:
    _assert_harmless("nftables_masquerade", {**MASQUERADE, name: text})


FIREWALLS: dict[str, Any] = {
    "interface": {"interface": "@"},
    "mac": {"mac": "@"},
    "address": {"address": ["10.0.0.1", "@"]},
    "network": {"network": "@"},
    "services": {"services": ["dhcp", "@"]},
    "ingress_default": {"ingress_default": "@"},
    "family": {"family": "@"},
    "own mac": {"anti_spoofing": {"enabled": True, "mac": "@"}},
    "own address": {"anti_spoofing": {"enabled": True, "mac": "52:54:00:00:00:01", "addresses": ["@"]}},
    "set": {"address_set": [{"name": "@", "addresses": ["10.0.0.1"]}]},
    "set address": {"address_set": [{"name": "a", "addresses": ["10.0.0.1", "@"]}]},
    **{
        name: {"ingress": [{"action": "allow", "protocol": "tcp", name: value}]}
        for name, value in {
            "action": "@",
            "protocol": "@",
            "ports": ["@"],
            "source_ports": ["@"],
            "source": ["@"],
            "destination": ["@"],
            "description": "@",
            "log": {"prefix": "@", "level": "info", "rate": "1/day"},
            "log level": {"prefix": "a", "level": "@"},
            "limit": {"rate": "@", "burst": 5},
        }.items()
    },
    "types": {"ingress": [{"action": "allow", "protocol": "icmp", "icmp_types": ["@"]}]},
}
BARE: dict[str, Any] = {
    "family": "bridge",
    "stateful": True,
    "services": [],
    "ingress_default": "drop",
    "egress_default": "allow",
}


@given(st.sampled_from(sorted(FIREWALLS)), TEXT)
def test_no_text_gets_into_a_firewall_s_commands(name: str, text: str) -> None:
    """Whatever is made of it is what the same is made of with any harmless text, but for its digits and letters."""
    whom = {} if name in ("interface", "mac", "address", "network") else {"interface": "tap"}
    values = {**BARE, **whom, **_filled(FIREWALLS[name], text)}
    try:
        pieces = KINDS["nftables_firewall"].pieces(values, Owner(LINEAGE, "a.b"))
    except (ValueError, KeyError):
        return
    for piece in pieces:
        match piece:
            case Named():
                told = piece.name
            case Element():
                told = f"{piece.key} {piece.data}"
            case _:
                told = re.sub(r"\{ [0-9a-fx][0-9a-fx.:, /-]* \}", "", piece.text)
        assert not set(";\n\\#*'$`{}") & set(told)
        assert told.count('"') in (0, 2)
        if text not in ("10.0.0.1", "10.0.0.0/24"):
            assert len(text) < 2 or "flush" not in told


def _filled(value: Any, text: str) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, text) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, text) for inner in value]
    return text if value == "@" else value


def _assert_harmless(type_: str, values: Mapping[str, Any]) -> None:
    try:
        pieces = KINDS[type_].pieces(values, Owner(LINEAGE, "a.b"))
    except ValueError:
        return
    for piece in pieces:
        assert not isinstance(piece, Named)
        text = f"{piece.key} {piece.data}" if isinstance(piece, Element) else piece.text
        text = text.replace("{ tcp, udp, sctp }", "")  # written by us
        assert not set(";\n\\#*%'${}") & set(text)
        assert text.count('"') in (0, 2)
