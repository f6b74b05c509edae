"""The table as nft lists it (libnftables-json(5)), taken apart into our objects, the skeleton, and what is foreign."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from kvmplan_nftables import skeleton
from kvmplan_nftables.identity import TAG
from kvmplan_nftables.objects import Entry, Forward, Masquerade

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Placed:
    """An object in the table; ``handle`` is its rule's, 0 for an element. Handles change: they are never stored."""

    entry: Entry
    handle: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """The table. ``intact``: the skeleton is all there, so that the objects do their work. ``foreign`` names what
    somebody else put into it.
    """

    intact: bool
    objects: Mapping[str, Placed] = field(default_factory=dict)
    foreign: tuple[str, ...] = ()


def parse_table(listing: bytes) -> Table:
    """The table in the output of ``nft -j list table inet kvmplan``."""
    items = [item for item in json.loads(listing)["nftables"] if "metainfo" not in item]
    objects: dict[str, Placed] = {}
    foreign: list[str] = []
    fixed = list(_fixed(items))
    for kind, item in (next(iter(item.items())) for item in items):
        if kind == "rule" and not _is_fixed(item):
            _sort_rule(item, objects, foreign)
        elif kind == "map" and item["name"] in skeleton.MAPS:
            _sort_elements(item, objects, foreign)
        elif kind in ("map", "set") or (kind == "chain" and item["name"] not in skeleton.CHAINS):
            foreign.append(f"{kind} {item['name']}")
    return Table(sorted(fixed) == sorted(_expected()), objects, tuple(foreign))


def _expected() -> Iterator[str]:
    yield from (f"chain {name} {shape}" for name, shape in skeleton.CHAINS.items())
    yield from (f"map {name}" for name in skeleton.MAPS)
    yield from (f"rule {chain} {comment}" for chain, comment, _ in skeleton.rules())


def _fixed(items: list[Json]) -> Iterator[str]:
    for item in items:
        if chain := item.get("chain"):
            shape = (chain.get("type"), chain.get("hook"), chain.get("prio"))
            if chain["name"] in skeleton.CHAINS and chain.get("policy") == "accept":
                yield f"chain {chain['name']} {shape}"
        elif (map_ := item.get("map")) and map_["name"] in skeleton.MAPS:
            yield f"map {map_['name']}"
        elif (rule := item.get("rule")) and _is_fixed(rule):
            yield f"rule {rule['chain']} {rule['comment']}"


_FIXED_RULES = {(chain, comment) for chain, comment, _ in skeleton.rules()}


def _is_fixed(rule: Json) -> bool:
    return (rule["chain"], rule.get("comment")) in _FIXED_RULES


def _sort_rule(rule: Json, objects: dict[str, Placed], foreign: list[str]) -> None:
    comment, found = rule.get("comment", ""), _masquerade(rule["expr"])
    if found is None or rule["chain"] != "postrouting" or not TAG.fullmatch(comment) or comment in objects:
        foreign.append(f"rule with handle {rule['handle']} in chain {rule['chain']}")
    else:
        objects[comment] = Placed(found, rule["handle"])


def _sort_elements(map_: Json, objects: dict[str, Placed], foreign: list[str]) -> None:
    for key, data in map_.get("elem", ()):
        wrapped = key.get("elem", {"val": key})
        comment, found = wrapped.get("comment", ""), _forward(wrapped["val"], data)
        if found is None or not TAG.fullmatch(comment) or comment in objects:
            foreign.append(f"element {json.dumps(wrapped['val'])} of map {map_['name']}")
        else:
            objects[comment] = Placed(found)


def _forward(key: Json, data: Json) -> Forward | None:
    try:
        *address, protocol, port = key["concat"]
        target, target_port = data["concat"]
        listen = ip_address(address[0]) if address else None
        return Forward(protocol, int(port), listen, ip_address(target), int(target_port))
    except (KeyError, TypeError, ValueError):
        return None


def _masquerade(expressions: list[Json]) -> Masquerade | None:
    """The masquerade that a rule's expressions amount to; None for any rule that we would not have written."""
    try:
        source, where, verdict = expressions
        matches = source["match"], where["match"]
        network = _network(matches[0]["right"])
        if verdict != {"masquerade": None} or matches[0]["left"]["payload"]["field"] != "saddr":
            return None
        if matches[1]["left"] == {"meta": {"key": "oifname"}}:
            return Masquerade(network, str(matches[1]["right"]))
        own = matches[1]["op"] == "!=" and _network(matches[1]["right"]) == network
        return Masquerade(network, None) if own else None
    except (KeyError, TypeError, ValueError):
        return None


def _network(right: Any) -> IPv4Network | IPv6Network:
    if isinstance(right, dict):
        return ip_network(f"{right['prefix']['addr']}/{right['prefix']['len']}")
    return ip_network(str(right))
