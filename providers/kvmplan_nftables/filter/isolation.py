"""``nftables_isolation``: networks, or guests of one bridge, that never meet.

Both directions are dropped, with or without a connection. Who belongs to it is in sets, so that a packet costs the same
with two networks or ten thousand; each isolation costs it a few lookups.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kvmplan_nftables import parts
from kvmplan_nftables.filter.rules import VERDICTS
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.parts import FAMILIES, Network, braced, parse_interface, spelled, valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import BRIDGE, Named, Piece, Rule
from kvmplan_sdk import Attribute, Diagnostic, Impact, ImpactLevel, Object, ObjectSchema, Value, error
from kvmplan_sdk.schema import BOOL, STRING
from kvmplan_sdk.types import ListType
from kvmplan_sdk.validators import one_of

_BASE = "isolation"
PARTS = Impact(
    ImpactLevel.LIVE,
    why="what goes between the isolated networks or guests stops at once, established connections too",
    steps=("nft -f",),
)
JOINS = Impact(ImpactLevel.LIVE, why="the networks or guests reach each other again", steps=("nft -f",))


def parse_member(value: object) -> Network | str:
    """A subnet or, where it is none, an interface."""
    return parts.parse_net(value) if "/" in str(value) or ":" in str(value) else parse_interface(value)


_MEMBERS = (valid(parse_member),)
SCHEMA = ObjectSchema(
    doc=(
        "Networks that must not talk to each other, or guests of one bridge that must not, or only to their gateway. "
        "What they ask of the host itself is not touched."
    ),
    attributes={
        "networks": Attribute(
            type=ListType(STRING),
            doc="Subnets, and bridges or other interfaces of the host with all that is behind them.",
            validators=_MEMBERS,
        ),
        "from": Attribute(
            type=ListType(STRING),
            doc="Whom the networks must not meet, in the same terms. Left out: each other.",
            validators=_MEMBERS,
        ),
        "guests": Attribute(
            type=ListType(STRING), doc="Taps of guests of one bridge.", validators=(valid(parse_interface),)
        ),
        "gateway_only": Attribute(
            type=BOOL, doc="Whether the guests reach nobody else through their bridge but their gateway.", default=False
        ),
        "gateway": Attribute(
            type=STRING,
            doc="The bridge's port that leads to the gateway. Left out: the host is the gateway.",
            validators=(valid(parse_interface),),
        ),
        "action": Attribute(
            type=STRING,
            doc="`drop`, or `reject`, for `networks`.",
            default="drop",
            validators=(one_of("drop", "reject"),),
        ),
    },
)


@dataclass(frozen=True, slots=True)
class Members:
    nets: tuple[Network, ...]
    interfaces: tuple[str, ...]

    def matches(self, net: str, interface: str) -> Iterator[str]:
        """``net`` and ``interface``: the fields to look at. Each is a way to be a member."""
        if self.interfaces:
            quoted = (f'"{name}"' for name in sorted(self.interfaces))
            yield f"{interface} {braced(quoted)}"
        for version, family in FAMILIES.items():
            found = parts.collapsed(self.nets, version)
            if found:
                yield f"{family} {net} {braced(map(spelled, found))}"

    def within(self) -> Iterator[str]:
        """What stays in one of the networks."""
        if self.interfaces:
            pairs = (f'"{name}" . "{name}"' for name in sorted(self.interfaces))
            yield f"iifname . oifname {{ {', '.join(pairs)} }}"
        for version, family in FAMILIES.items():
            nets = sorted(spelled(net) for net in self.nets if net.version == version)
            if nets:
                yield f"{family} saddr . {family} daddr {{ {', '.join(f'{net} . {net}' for net in nets)} }}"


def _members(value: Value) -> Members:
    parsed = dict.fromkeys(map(parse_member, value if isinstance(value, (list, tuple)) else ()))
    nets = tuple(one for one in parsed if not isinstance(one, str))
    return Members(nets, tuple(one for one in parsed if isinstance(one, str)))


def _pieces(values: Object, owner: Owner) -> Sequence[Piece]:
    if values.get("guests") is not None:
        return [Rule(_BASE, text, BRIDGE) for text in _guests(values)]
    return list(_networks(values, owner))


def _guests(values: Object) -> Iterator[str]:
    listed = values["guests"]
    assert isinstance(listed, (list, tuple))
    guests = braced(f'"{name}"' for name in sorted(set(map(parse_interface, listed))))
    if not values["gateway_only"]:
        yield f"iifname {guests} oifname {guests} drop"
        return
    gateway = values.get("gateway")
    others = (
        ("", "")
        if gateway is None
        else tuple(f' {way} != "{parse_interface(gateway)}"' for way in ("oifname", "iifname"))
    )
    yield f"iifname {guests}{others[0]} drop"
    yield f"oifname {guests}{others[1]} drop"


def _networks(values: Object, owner: Owner) -> Iterator[Piece]:
    """What comes from a member goes through a chain that lets it stay within its network; so does what comes to one,
    where others are on the other side.
    """
    ours, verdict = _members(values["networks"]), VERDICTS[parts.parse_one_of(values["action"], ("drop", "reject"))]
    others = ours if values.get("from") is None else _members(values["from"])
    ways = {"from": (("saddr", "iifname"), ("daddr", "oifname")), "to": (("daddr", "oifname"), ("saddr", "iifname"))}
    for way, (near, far) in ways.items():
        if way == "to" and others is ours:
            return
        chain = owner.name(f"iso_{way}")
        yield Named("chain", chain)
        yield from (Rule(_BASE, f"{match} jump {chain}") for match in ours.matches(*near))
        yield from (Rule(chain, f"{match} return") for match in ours.within())
        yield from (Rule(chain, f"{match} {verdict}") for match in others.matches(*far))


def _check(values: Object) -> Iterator[Diagnostic]:
    networks, guests = (values.get(name) for name in ("networks", "guests"))
    if (networks is None) == (guests is None):
        detail = "Write networks that must not meet, or guests of one bridge that must not; one of the two."
        yield error("Isolated from whom?", detail, path=("networks",))
        return
    for name in ("from", "action") if guests is not None else ("gateway_only", "gateway"):
        if values.get(name) not in (None, False, "drop"):
            of = "networks" if guests is not None else "guests"
            yield error("An argument of something else", f"{name} is for {of}. Leave it out.", path=(name,))
    if guests is not None:
        yield from _check_guests(values, guests)
    else:
        yield from _check_networks(values, networks)


def _check_guests(values: Object, guests: Value) -> Iterator[Diagnostic]:
    alone = len(set(map(str, guests))) if isinstance(guests, (list, tuple)) else 0
    if alone < (1 if values["gateway_only"] else 2):
        detail = "Write the taps of two or more guests, or of one with gateway_only = true."
        yield error("Nobody to isolate", detail, path=("guests",))
    if values.get("gateway") is not None and not values["gateway_only"]:
        detail = "gateway says whom the guests still reach with gateway_only = true."
        yield error("A gateway of guests that are not held to it", detail, path=("gateway",))
    if isinstance(guests, (list, tuple)) and values.get("gateway") in guests:
        yield error("A guest as gateway", "The gateway cannot be one of the guests.", path=("gateway",))


def _check_networks(values: Object, networks: Value) -> Iterator[Diagnostic]:
    ours = _members(networks)
    if values.get("from") is None and len(ours.nets) + len(ours.interfaces) < 2:
        detail = "Write two or more networks, or whom this one must not meet: from = [...]."
        yield error("Nobody to isolate", detail, path=("networks",))
    nets = sorted(ours.nets, key=lambda net: (net.version, int(net[0]), net.prefixlen))
    for one, other in pairwise(nets):
        if other[0] in one:
            detail = f"{other} lies in {one}: what is in both cannot be parted from itself. Write disjoint networks."
            yield error("Networks that overlap", detail, path=("networks",))
    if values.get("from") == []:
        yield error("Nobody to isolate", "from is empty. Leave it out for each other.", path=("from",))


ISOLATION = Kind(
    schema=SCHEMA,
    pieces=_pieces,
    impacts=dict.fromkeys(SCHEMA.attributes, PARTS),
    created=PARTS,
    removed=JOINS,
    check=_check,
)
