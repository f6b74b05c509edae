"""Words of nft's own are refused where nft refuses them, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Object, Session
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Value

from .test_blocks import make

SCHEMAS = NftablesProvider.schema.resources
PLACES: Mapping[str, tuple[str, str, str]] = {
    "table": ("nftables_table", "name", "add table inet {0}\nadd chain inet {0} c\nlist table inet {0}\n"),
    "chain": ("nftables_chain", "name", "add chain inet t {0}\nadd rule inet t c jump {0}\n"),
    "of a rule": ("nftables_rule", "chain", "add chain inet t {0}\nadd rule inet t {0} accept\n"),
    "set": ("nftables_set", "name", "add set inet t {0} {{ type mark ; }}\nadd rule inet t c meta mark @{0}\n"),
    "map": (
        "nftables_map",
        "name",
        "add map inet t {0} {{ type mark : verdict ; }}\nadd rule inet t c meta mark vmap @{0}\n",
    ),
    "counter": ("nftables_counter", "name", "add counter inet t {0}\n"),
    "limit": ("nftables_limit", "name", "add limit inet t {0} {{ rate 1/second ; }}\n"),
    "quota": ("nftables_quota", "name", "add quota inet t {0} {{ 1 bytes ; }}\n"),
    "interface": ("nftables_port_forward", "interface", "add element inet t links {{ {0} }}\n"),
    "guest": ("nftables_firewall", "interface", "add element inet t links {{ {0} }}\n"),
}
WORDS = ("all", "ip", "vlan", "sets", "counters", "nh", "bytes", "packets", "over", "until", "week", "lo", "web", "in")


def refused(schema: ObjectSchema, name: str, value: Value) -> str:
    return next((said for valid in schema.attributes[name].validators if (said := valid(value))), "")


@pytest.mark.parametrize("place", PLACES)
def test_what_nft_refuses_is_refused_before(host: Any, place: str) -> None:
    type_, name, text = PLACES[place]
    host.nft("table inet t {\n chain c { }\n set links { type ifname; }\n}\n")
    for word in WORDS:
        done = host.run(["nft", "-c", "-f", "-"], input=text.format(word).encode())
        told = refused(SCHEMAS[type_], name, word)
        assert bool(told) is not done.ok, (word, told, done.stderr)
        assert not told or f'"{word}" is a word of nft' in told


def test_interfaces_are_quoted_where_nft_takes_quotes(host: Any, open_session: Callable[[], Session]) -> None:
    make(open_session, "nftables_table", "t", {"name": "mine"})
    for name in ("fwd", "ip"):
        host.run(["ip", "link", "add", name, "type", "dummy"])
    base: Object = {"table": "mine", "name": "in", "type": "filter", "hook": "ingress", "priority": "0"}
    made = [
        make(open_session, "nftables_chain", "in", {**base, "devices": ["fwd", "ip", "lo"]}),
        make(open_session, "nftables_masquerade", "a", {"source": "10.0.0.0/24", "out_interface": "fwd"}),
    ]
    assert [seen and seen.values for seen in open_session().read(made)] == [one.values for one in made]
