"""Text is data: whatever is written anywhere, nft refuses it, or loads exactly what was asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvmplan_nftables.kinds import KINDS
from kvmplan_nftables.table.batch import compile_batch
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import Listing, parse_table
from kvmplan_nftables.table.pieces import Element, Named, Piece, Rule, TableName
from kvmplan_nftables.table.skeleton import SKELETON
from kvmplan_nftables.table.skeleton import TAG as SKELETON_TAG
from kvmplan_nftables.table.wish import Wish, by_table
from kvmplan_sdk import Object
from kvmplan_sdk.testing.proposals import proposal
from kvmplan_sdk.values import is_known

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"
VICTIM = "table ip victim {\n\tchain c {\n\t\ttcp dport 22 accept\n\t}\n}\n"
IN: Object = {"table": "mine"}
WRITTEN: Mapping[str, Object] = {
    "nftables_chain": {**IN, "name": "x", "type": "filter", "hook": "input", "priority": "filter", "policy": "drop"},
    "nftables_counter": {**IN, "name": "x"},
    "nftables_dnat": {
        "destination": "203.0.113.5",
        "interface": "ens3",
        "sources": ["10.0.0.0/8"],
        "protocol": "tcp",
        "ports": ["80"],
        "to": "10.0.0.1",
        "to_port": 81,
    },
    "nftables_firewall": {
        "interface": "tap",
        "services": ["dhcp"],
        "address_set": [{"name": "a", "addresses": ["10.0.0.1"]}],
        "port_set": [{"name": "p", "ports": ["80"]}],
        "ingress": [
            {"action": "allow", "protocol": "tcp", "ports": ["80"], "source": ["10.0.0.1"], "description": "d"},
            {"action": "drop", "protocol": "icmp", "icmp_types": ["echo-request"], "log": {"prefix": "p"}},
        ],
    },
    "nftables_flowtable": {"devices": ["lo"], "subnets": ["10.0.0.0/8"], "protocols": ["tcp"]},
    "nftables_isolation": {"networks": ["virbr1", "10.0.0.0/24"], "action": "drop"},
    "nftables_limit": {**IN, "name": "x", "rate": "10/second"},
    "nftables_map": {
        **IN,
        "name": "x",
        "key": "ifname",
        "value": "verdict",
        "elements": {"lo": "jump c"},
        "comment": "to",
    },
    "nftables_masquerade": {"source": "10.0.0.0/24", "out_interface": "ens3"},
    "nftables_port_forward": {"port": 80, "target": "10.0.0.1", "sources": ["10.0.0.2"], "description": "d"},
    "nftables_redirect": {"ports": ["80"], "to_port": 81, "interface": "ens3", "sources": ["10.0.0.0/8"]},
    "nftables_quota": {**IN, "name": "x", "bytes": "10 mbytes"},
    "nftables_rule": {**IN, "chain": "c", "rule": "tcp dport 80 accept", "comment": "web"},
    "nftables_set": {**IN, "name": "x", "typeof": "ip saddr", "flags": ["interval"], "elements": ["10.0.0.1"]},
    "nftables_snat": {"source": "10.0.0.0/24", "to": "203.0.113.5", "to_ports": "1-9", "destinations": ["10.1.0.0/16"]},
    "nftables_table": {"name": "x"},
}
HOSTILE = [
    "; flush ruleset",
    "accept; add table ip evil",
    "accept\nadd table ip evil\n",
    "accept } ; add table ip evil",
    '" ; add table ip evil ; #',
    'accept comment "8d0f5c5e a.b ~00000000"',
    "accept # ",
    "accept \\\nadd table ip evil",
    "{ 80, 81 }",
    "jump { accept ; }",
    "handle 1 accept",
    "index 0 drop",
    "@x",
    "$x",
    "/etc/passwd",
    "*",
    "vnet*",
    "10.0.0.0/8",
    "0.0.0.0/0, 10.0.0.1",
    "x . y",
    "x\x00y",
    "ü",
    "",
    " ",
]
PIECES = st.sampled_from(
    [*" ;{}\"'#\\$@*,.:\n\t", "accept", "drop", "add", "table", "ip", "evil", "80", "10.0.0.1", "comment"]
)
TEXT = st.one_of(st.sampled_from(HOSTILE), st.lists(PIECES, max_size=8).map(" ".join), st.text(max_size=20))


def strings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all texts, keys of maps included (as the path of the map with None)."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from strings(inner, (*path, name))
            if path == ("elements",):
                yield (*path, name, None)
    elif isinstance(value, (list, tuple)):
        for place, inner in enumerate(value):
            yield from strings(inner, (*path, place))
    elif isinstance(value, str):
        yield path


def replaced(value: Any, path: tuple[Any, ...], text: str) -> Any:
    if not path:
        return text
    head, *rest = path
    if rest == [None]:
        return {text if name == head else name: inner for name, inner in value.items()}
    if isinstance(value, Mapping):
        return {n: replaced(inner, tuple(rest), text) if n == head else inner for n, inner in value.items()}
    return [replaced(inner, tuple(rest), text) if n == head else inner for n, inner in enumerate(value)]


PLACES = [(type_, path) for type_, written in sorted(WRITTEN.items()) for path in sorted(strings(written), key=repr)]


def test_all_kinds_are_tried() -> None:
    assert WRITTEN.keys() == KINDS.keys()


def pieces_of(type_: str, written: Object) -> tuple[Piece, ...]:
    schema = KINDS[type_].schema
    values = KINDS[type_].complete(proposal(schema, f"{type_}.x", written))
    assert is_known(values)
    return tuple(KINDS[type_].pieces(values, Owner(LINEAGE, f"{type_}.x")))


def test_the_examples_make_something(host: Any) -> None:
    for type_, written in WRITTEN.items():
        assert pieces_of(type_, written), type_


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), text=TEXT)
def test_nothing_but_what_was_asked_for(host: Any, place: tuple[str, tuple[Any, ...]], text: str) -> None:
    type_, path = place
    try:
        pieces = pieces_of(type_, replaced(WRITTEN[type_], path, text))
    except ValueError:
        return
    host.nft(f"flush ruleset\n{VICTIM}table inet mine {{ chain kvmplan {{ }}; chain c {{ }}; }}\n")
    tag = Owner(LINEAGE, f"{type_}.x").tag
    wish = Wish(f"{type_}.x", tag, by_table(pieces))
    names = {("inet", "mine"), *SKELETON, *(piece.table for piece in pieces)}
    batch = compile_batch(listings(host, names), [wish])
    before = host.ruleset()
    if not host.run(["nft", "-f", "-"], input="".join(f"{line.text}\n" for line in batch).encode()).ok:
        assert host.ruleset() == before
        return
    assert VICTIM in host.ruleset()
    assert tables(host) <= {("ip", "victim"), *names}
    assert_exactly(pieces, tag, listings(host, names))


def listings(host: Any, names: set[TableName]) -> dict[TableName, Listing]:
    there = tables(host)
    return {name: parse_table(host.run(["nft", "-j", "list", "table", *name]).stdout) for name in names & there}


def tables(host: Any) -> set[TableName]:
    listed = json.loads(host.run(["nft", "-j", "list", "tables"]).stdout)["nftables"]
    return {(item["table"]["family"], item["table"]["name"]) for item in listed if "table" in item}


def assert_exactly(pieces: tuple[Piece, ...], tag: str, found: Mapping[TableName, Listing]) -> None:
    rules = sorted((table, r.chain, r.tag, r.digest) for table, one in found.items() for r in one.rules)
    fixed = [
        (r.table, r.chain, SKELETON_TAG, r.digest) for some in SKELETON.values() for r in some if isinstance(r, Rule)
    ]
    ours = sorted((piece.table, piece.chain, tag, piece.digest) for piece in pieces if isinstance(piece, Rule))
    assert [rule for rule in rules if rule not in fixed] == ours
    named = {(table, *key) for table, one in found.items() for key in one.named if key[0] != "table"}
    expected = {(p.table, p.kind, p.name) for p in pieces if isinstance(p, Named) and p.kind != "table"}
    fixed_names = {(p.table, p.kind, p.name) for some in SKELETON.values() for p in some if isinstance(p, Named)}
    made = {(("inet", "mine"), "chain", name) for name in ("kvmplan", "c")}
    assert named - fixed_names - made == expected - made
    elements = {
        (table, e.holder, e.key, e.data) for table, one in found.items() for e in one.elements.values() if e.tag == tag
    }
    assert elements == {(p.table, p.holder, p.key, p.data) for p in pieces if isinstance(p, Element)}
