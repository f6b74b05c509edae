"""The live ruleset as it will be once the plan's accepts are in DOCKER-USER, and those that go are out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from kvmplan_nftables.assess.filters import Chain, Ruleset
from kvmplan_nftables.assess.matches import Json
from kvmplan_nftables.docker.accept import TYPE, marked, rules
from kvmplan_nftables.docker.chain import CHAIN, Arguments
from kvmplan_sdk import Change
from kvmplan_sdk.values import is_known


@dataclass(frozen=True, slots=True)
class Accepts:
    """``gone``: comments of the rules that go; ``come``: the rules that come to the top, by family."""

    gone: frozenset[str] = frozenset()
    come: Mapping[str, Sequence[Arguments]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.gone or self.come)


def accepts(changes: Sequence[Change], lineage: str) -> Accepts:
    gone: set[str] = set()
    come: dict[str, list[Arguments]] = {}
    for change in changes:
        if change.type != TYPE or change.verb is None:
            continue
        gone |= {marked(lineage, address) for address in (change.address, change.tagged)}
        if change.after is not None and is_known({**change.after, "saved": None}):
            for family, found in rules(change.after, marked(lineage, change.address)).items():
                come.setdefault(family, []).extend(found)
    return Accepts(frozenset(gone), come)


def foreseen(ruleset: Ruleset, planned: Accepts) -> Ruleset:
    for family in ("ip", "ip6"):
        if (family, "filter", CHAIN) in ruleset.chains:
            ruleset = _changed(ruleset, (family, "filter", CHAIN), planned)
    return ruleset


def _changed(ruleset: Ruleset, chain: Chain, planned: Accepts) -> Ruleset:
    """What cannot be aligned with iptables-save stays."""
    rules_there, family = list(ruleset.rules.get(chain, ())), chain[0]
    saved = list(ruleset.saved.get(family, {}).get(("filter", CHAIN), ()))
    if len(saved) != len(rules_there):
        return ruleset
    staying = [place for place, arguments in enumerate(saved) if not planned.gone & set(arguments)]
    coming = planned.come.get(family, ())
    told = {**ruleset.saved.get(family, {}), ("filter", CHAIN): [*coming, *(saved[place] for place in staying)]}
    return replace(
        ruleset,
        rules={**ruleset.rules, chain: [*map(_as_listed, coming), *(rules_there[place] for place in staying)]},
        saved={**ruleset.saved, family: told},
    )


def _as_listed(arguments: Arguments) -> Json:
    """As nft lists what iptables made of them."""
    return {"handle": 0, "expr": [*_matches(arguments), {"accept": None}]}


def _matches(arguments: Arguments) -> Iterator[Json]:
    keys = {"-i": "iifname", "-o": "oifname"}
    for option, value in pairwise(arguments):
        if option in keys:
            yield {"match": {"op": "==", "left": {"meta": {"key": keys[option]}}, "right": value}}
        elif option == "-m":
            yield {"xt": {"type": "match", "name": value}}
