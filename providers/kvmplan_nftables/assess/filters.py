"""What foreign forward chains do to a forwarded connection: a walk through the live ruleset with one packet in hand.

A packet passes only when every base chain of the hook lets it (nft(8), "Verdict statements"): no rule of ours can undo
a foreign reject. What the packet alone does not tell leaves doubt, and an obstacle after a doubtful way out is not
certain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kvmplan_nftables.assess.matches import Json, Packet, meets

_VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto", "queue")
Chain = tuple[str, str, str]
"""Family, table and name."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A chain that stops the packet: by a rule, or by its ``policy``. ``certain``: no earlier rule may let it pass."""

    chain: Chain
    policy: bool
    certain: bool


@dataclass(frozen=True, slots=True)
class Ruleset:
    """A live ruleset as far as forwarding goes: foreign base chains of the hook, and the rules of every chain."""

    hooks: tuple[Json, ...]
    rules: Mapping[Chain, Sequence[Json]]


def parse_ruleset(items: Sequence[Json]) -> Ruleset:
    """The items of ``nft -j list ruleset``. Our own table is not asked."""
    hooks: list[Json] = []
    rules: dict[Chain, list[Json]] = defaultdict(list)
    for item in items:
        chain, rule = item.get("chain"), item.get("rule")
        if (
            chain
            and chain["table"] != "kvmplan"
            and chain.get("hook") == "forward"
            and chain["family"] in ("ip", "ip6", "inet")
        ):
            hooks.append(chain)
        elif rule:
            rules[rule["family"], rule["table"], rule["chain"]].append(rule)
    return Ruleset(tuple(hooks), rules)


def is_libvirts(chain: Chain) -> bool:
    """Whether libvirt made the chain, with its nftables or its iptables backend."""
    return chain[1] == "libvirt_network" or chain[2].startswith("LIBVIRT_")


def obstacles(ruleset: Ruleset, packet: Packet, *, ignore_libvirt: bool) -> Iterator[Obstacle]:
    """Every foreign base chain that stops ``packet``. ``ignore_libvirt``: the plan knows what libvirt will do there."""
    for hook in ruleset.hooks:
        if hook["family"] in (packet.family, "inet"):
            chain = (hook["family"], hook["table"], hook["name"])
            walk = _Walk(ruleset, packet, ignore_libvirt)
            end = walk.through(chain)
            if end is None and hook.get("policy") == "drop":
                yield Obstacle(chain, True, not walk.doubt)
            elif isinstance(end, tuple):
                yield Obstacle(end, False, not walk.doubt)


class _Walk:
    """One packet's way. ``doubt``: it may have left the way before."""

    def __init__(self, ruleset: Ruleset, packet: Packet, ignore_libvirt: bool) -> None:
        self.ruleset = ruleset
        self.packet = packet
        self.ignore_libvirt = ignore_libvirt
        self.doubt = False

    def through(self, chain: Chain) -> Chain | bool | None:
        """The chain that stops the packet, True when it is accepted, None when it comes out at the end."""
        if is_libvirts(chain) and self.ignore_libvirt:
            return None
        for rule in self.ruleset.rules.get(chain, ()):
            verdict, target, reached = self._judge(rule["expr"], chain)
            if reached is None:
                self.doubt |= verdict not in ("", "drop", "reject")
            elif reached and verdict in ("jump", "goto"):
                end = self.through((*chain[:2], target))
                if end is not None or verdict == "goto":
                    return end
            elif reached and verdict:
                return {"accept": True, "return": None}.get(verdict, chain)
        return None

    def _judge(self, expressions: Sequence[Json], chain: Chain) -> tuple[str, str, bool | None]:
        """A rule's verdict, the target of its jump, and whether the packet gets as far as that."""
        reached: bool | None = True
        for expression in expressions:
            kind, body = next(iter(expression.items()))
            met: bool | None = True
            if kind == "match":
                met = meets(self.packet, body)
            elif kind == "limit":
                met = None
            elif kind == "xt" and body["type"] == "match":
                # The only such match in libvirt's chains is for connections that are there already.
                met = False if is_libvirts(chain) else None
            elif kind == "xt" and body["name"] == "REJECT":
                return "reject", "", reached
            elif kind == "vmap":
                return self._look_up(body, reached)
            elif kind in _VERDICTS:
                return kind, (body or {}).get("target", ""), None if kind == "queue" else reached
            if met is False:
                return "", "", False
            reached = reached if met else None
        return "", "", reached

    def _look_up(self, body: Json, reached: bool | None) -> tuple[str, str, bool | None]:
        """What a verdict map says; of those on anything but the connection's state we cannot tell."""
        if body["key"] != {"ct": {"key": "state"}} or not isinstance(body["data"], dict):
            return "return", "", None
        for key, verdict in body["data"].get("set", ()):
            if key == "new":
                kind, inner = next(iter(verdict.items()))
                return kind, (inner or {}).get("target", ""), reached
        return "", "", reached
