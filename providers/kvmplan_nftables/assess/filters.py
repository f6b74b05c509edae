"""What foreign chains do to a packet: a walk through the live ruleset with one packet in hand.

A packet passes only when every base chain of the hook lets it (nft(8), "Verdict statements"): no rule of ours can undo
a foreign reject. What the packet alone does not tell leaves doubt, and an obstacle after a doubtful way out is not
certain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kvmplan_nftables.assess.iptables import Arguments, Saved, meets_iptables
from kvmplan_nftables.assess.matches import FEW, Json, Number, Packet, Sets, Test, any_of, meets, place_of, test_of
from kvmplan_nftables.assess.program import Judged, Profile, Program, compile_chain, profile

_VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto", "queue")
_TRANSLATES = ("dnat", "redirect")
_OURS = "kvmplan"
Chain = tuple[str, str, str]
"""Family, table and name."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A chain that stops the packet: by the rule of ``handle``, or by its policy. ``certain``: no earlier rule may let
    it pass. ``priority``: its base chain's.
    """

    chain: Chain
    handle: int | None
    certain: bool
    priority: int = 0

    @property
    def policy(self) -> bool:
        return self.handle is None


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A live ruleset: foreign base chains by hook, the rules of every chain, and what is in sets and maps."""

    hooks: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    rules: Mapping[Chain, Sequence[Json]] = field(default_factory=dict)
    sets: Mapping[tuple[str, str], Sets] = field(default_factory=dict)
    saved: Mapping[str, Saved] = field(default_factory=dict)
    """What iptables-save says, by family."""
    chains: frozenset[Chain] = frozenset()
    programs: dict[tuple[Chain, Profile], Program] = field(default_factory=dict, compare=False)
    """What chains come to for packets of a profile, once that was asked."""

    def has(self, chain: Chain) -> bool:
        """Whether it has rules."""
        return bool(self.rules.get(chain))

    def arguments(self, chain: Chain, index: int) -> Arguments | None:
        """Those that iptables made a rule of; None where somebody else wrote into its chain."""
        family, table, name = chain
        saved = self.saved.get(family, {}).get((table, name), ())
        return saved[index] if len(saved) == len(self.rules[chain]) else None


def parse_ruleset(
    items: Sequence[Json], saved: Mapping[str, Saved] | None = None, asleep: Collection[tuple[str, str]] = ()
) -> Ruleset:
    """The items of ``nft -j list ruleset``. Our own tables are not asked, nor those that are ``asleep``."""
    hooks: dict[str, list[Json]] = defaultdict(list)
    rules: dict[Chain, list[Json]] = defaultdict(list)
    elements: dict[tuple[str, str], dict[str, Sequence[Any] | None]] = defaultdict(dict)
    chains: set[Chain] = set()
    for item in items:
        kind, body = next(iter(item.items()))
        if body.get("table") == _OURS or (body.get("family"), body.get("table")) in asleep:
            continue
        if kind == "chain":
            chains.add((body["family"], body["table"], body["name"]))
        if kind == "chain" and "hook" in body and body["family"] in ("ip", "ip6", "inet"):
            hooks[body["hook"]].append(body)
        elif kind == "rule":
            rules[body["family"], body["table"], body["chain"]].append(body)
        elif kind in ("set", "map"):
            # nft 1.0.6 does not list the flag dynamic: what is empty may be filled by packets.
            moving = {"dynamic", "timeout"} & set(body.get("flags", ())) or "size" in body or "timeout" in body
            elements[body["family"], body["table"]][body["name"]] = None if moving else body.get("elem")
    sets = {table: Sets(elements.get(table, {})) for table in {chain[:2] for chain in chains}}
    return Ruleset(hooks, rules, sets, saved or {}, frozenset(chains))


def has_iptables(items: Sequence[Json]) -> bool:
    """Whether rules use matches of iptables."""
    return any("xt" in expression for item in items for expression in item.get("rule", {}).get("expr", ()))


def is_libvirts(chain: Chain) -> bool:
    """Whether libvirt made the chain, with its nftables or its iptables backend."""
    return chain[1] == "libvirt_network" or chain[2].startswith("LIBVIRT_")


def obstacles(ruleset: Ruleset, packet: Packet, *, ignore_libvirt: bool, hook: str = "forward") -> Iterator[Obstacle]:
    """Every foreign base chain of ``hook`` that stops ``packet``, or translates its destination. ``ignore_libvirt``:
    the plan knows what libvirt will do there.
    """
    for base in ruleset.hooks.get(hook, ()):
        if base["family"] in (packet.family, "inet"):
            chain = (base["family"], base["table"], base["name"])
            walk = _Walk(ruleset, packet, ignore_libvirt)
            end = walk.through(chain)
            if end is None and base.get("policy") == "drop":
                yield Obstacle(chain, None, not walk.doubt, base["prio"])
            elif isinstance(end, tuple):
                yield Obstacle(*end, not walk.doubt, base["prio"])


class _Walk:
    """One packet's way. ``doubt``: it may have left the way before."""

    def __init__(self, ruleset: Ruleset, packet: Packet, ignore_libvirt: bool) -> None:
        self.ruleset = ruleset
        self.packet = packet
        self.ignore_libvirt = ignore_libvirt
        self.profile = profile(packet)
        self.doubt = False

    def through(self, chain: Chain) -> tuple[Chain, int] | bool | None:
        """The chain and rule that stop the packet, True when it is accepted, None when it comes out at the end."""
        if is_libvirts(chain) and self.ignore_libvirt:
            return None
        rules = self.ruleset.rules.get(chain, ())
        program = self._program(chain)
        for index in program.places(self.packet):
            verdict, target, reached = program.fixed.get(index) or self._judge(self.packet, chain, index)
            if reached is None:
                self.doubt |= self._may_leave(verdict, (*chain[:2], target))
            elif reached and verdict in ("jump", "goto"):
                end = self.through((*chain[:2], target))
                if end is not None or verdict == "goto":
                    return end
            elif reached and verdict:
                return {"accept": True, "return": None}.get(verdict, (chain, int(rules[index]["handle"])))
        return None

    def _program(self, chain: Chain) -> Program:
        key = chain, self.profile
        if key not in self.ruleset.programs:
            self.ruleset.programs[key] = compile_chain(
                self.ruleset.rules.get(chain, ()),
                self.packet,
                lambda packet, index: self._judge(packet, chain, index),
                lambda judged: self._may_leave(judged[0], (*chain[:2], judged[1])),
                lambda index: self.ruleset.arguments(chain, index),
            )
        return self.ruleset.programs[key]

    def _may_leave(self, verdict: str, target: Chain) -> bool:
        """Whether a rule that the packet may meet could let it pass; a chain that is empty cannot."""
        if verdict == "jump":
            return self.ruleset.has(target)
        return verdict not in ("", "drop", "reject")

    def _judge(self, packet: Packet, chain: Chain, index: int) -> Judged:
        reached: bool | None = True
        expressions: Sequence[Json] = self.ruleset.rules[chain][index]["expr"]
        sets = self.ruleset.sets.get(chain[:2], Sets())
        for expression in expressions:
            kind, body = next(iter(expression.items()))
            met: bool | None = True
            if kind == "match":
                met = meets(packet, body, sets)
            elif kind == "limit":
                met = None
            elif kind == "xt" and body["type"] == "match":
                met = self._extension(packet, body["name"], chain, index)
            elif kind == "xt" and body["name"] in ("REJECT", "DNAT", "REDIRECT"):
                return body["name"].lower(), "", reached
            elif kind == "vmap":
                return _look_up(packet, body, reached, sets)
            elif kind in _VERDICTS or kind in _TRANSLATES:
                return kind, _target(body), None if kind == "queue" else reached
            if met is False:
                return "", "", False
            reached = reached if met else None
        return "", "", reached

    def _extension(self, packet: Packet, name: str, chain: Chain, index: int) -> bool | None:
        arguments = self.ruleset.arguments(chain, index)
        if arguments is not None:
            return meets_iptables(packet, name, arguments)
        # The only such match in libvirt's chains is for connections that are there already.
        return packet.answer if is_libvirts(chain) else None


def _look_up(packet: Packet, body: Json, reached: bool | None, sets: Sets) -> Judged:
    """What a verdict map says. What we cannot tell may be a way out."""
    data, test = body["data"], test_of(packet, body["key"])
    pairs = sets.elements.get(data[1:]) if isinstance(data, str) else data.get("set", ())
    if test is None or pairs is None:
        return "return", "", None
    unclear = False
    for key, verdict in _likely(test, pairs, sets):
        met = any_of(key, test, sets)
        unclear |= met is None
        if met:
            kind, inner = next(iter(verdict.items()))
            return kind, _target(inner), reached
    return ("return", "", None) if unclear else ("", "", reached)


def _likely(test: Test, pairs: Sequence[Any], sets: Sets) -> Sequence[Any]:
    """Of many pairs those that a number may be in."""
    if not isinstance(test, Number) or len(pairs) <= FEW:
        return pairs
    spread = sets.spread(pairs, (key for key, _ in pairs), test.version)
    place = None if spread[2] else place_of(test, spread)
    return pairs if place is None else [] if place < 0 else [pairs[place]]


def _target(body: Any) -> str:
    return str(body.get("target", "")) if isinstance(body, dict) else ""
