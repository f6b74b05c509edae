"""``nftables_firewall``: its chains, the sets they use, and the elements of the maps that lead to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kvmplan_nftables import parts
from kvmplan_nftables.filter import rules, services, spoofing, terms, whom
from kvmplan_nftables.filter.check import check
from kvmplan_nftables.filter.rules import Sets
from kvmplan_nftables.filter.schema import SCHEMA
from kvmplan_nftables.filter.spoofing import Spoofing
from kvmplan_nftables.kind import WHOM, Kind
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Element, Named, Piece, Rule, TableName
from kvmplan_sdk import Impact, ImpactLevel, Object, Proposal, Value
from kvmplan_sdk.values import UNKNOWN

_DIRECTIONS = {"egress": "from", "ingress": "to"}
_SET_TYPES = {4: "ipv4_addr", 6: "ipv6_addr"}
JUDGES = Impact(
    ImpactLevel.LIVE,
    why=f"new connections of {WHOM} are judged by the new rules; established ones go on",
    steps=("nft -f",),
)
OPENS = Impact(
    ImpactLevel.LIVE,
    why=f"{WHOM} are open to whoever reaches them, and may send what they like",
    steps=("nft -f",),
)


def _pieces(values: Object, owner: Owner) -> Sequence[Piece]:
    table = str(values["family"]), "kvmplan"
    keys = list(whom.keys(values))
    sets = _sets(values, owner)
    pieces = list(_set_pieces(sets, table))
    for direction, way in _DIRECTIONS.items():
        pieces += [_limit(one, table) for one in rules.limits(_blocks(values, direction), sets)]
        lines = [
            *_answers(values, direction, table),
            *_services(values, direction),
            *rules.lines(_blocks(values, direction), sets),
        ]
        lines += _default(str(values[f"{direction}_default"]))
        pieces += _chain(owner.name(f"fw_{way}"), lines, table)
        pieces += [Element(f"fw_{way}_{key.kind}", key.text, f"jump {owner.name(f'fw_{way}')}", table) for key in keys]
    own = spoofing_of(values)
    if own is not None:
        pieces += _chain(owner.name("fw_spoof"), list(spoofing.lines(own)), table)
        jump = f"jump {owner.name('fw_spoof')}"
        pieces += [Element(f"fw_spoof_{key.kind}", key.text, jump, table) for key in keys]
    return pieces


def _chain(name: str, lines: Sequence[str], table: TableName) -> Iterator[Piece]:
    yield Named("chain", name, table=table)
    yield from (Rule(name, line, table) for line in lines)


def _limit(limit: rules.Limit, table: TableName) -> Named:
    number, _, unit = limit.rate.partition("/")
    shape = {"rate": int(number), "per": unit, "inv": True, "burst": limit.burst}
    body = f"rate over {limit.rate} burst {limit.burst} packets ;"
    return Named("limit", limit.name, body, shape, table)


def _answers(values: Object, direction: str, table: TableName) -> Iterator[str]:
    """``inet`` lets them pass before anything is looked up; in ``bridge`` not every kernel can tell."""
    if table[0] == "bridge":
        if values["stateful"]:
            yield "ct state established,related return"
            if direction == "ingress" and _rejects(values):
                yield from (f"ct state invalid {match} return" for match in services.REFUSALS)
        else:
            yield from (f"{match} return" for match in services.STATELESS)


def _rejects(values: Object) -> bool:
    return "reject" in (values["egress_default"], *(rule["action"] for rule in _blocks(values, "egress")))


def _services(values: Object, direction: str) -> Iterator[str]:
    names = values.get("services")
    assert isinstance(names, (list, tuple))
    parsed = [parts.parse_one_of(name, services.SERVICES) for name in names]
    yield from (f"{match} return" for match in services.matches(parsed, direction))


def _default(action: str) -> list[str]:
    return [] if action == "allow" else [rules.VERDICTS[parts.parse_one_of(action, rules.VERDICTS)]]


def _blocks(values: Object, name: str) -> list[Object]:
    found = values.get(name)
    return [block for block in found if isinstance(block, Mapping)] if isinstance(found, (list, tuple)) else []


def _sets(values: Object, owner: Owner) -> Sets:
    addresses = {
        terms.parse_name(block["name"]): [parts.parse_net(item) for item in _list(block["addresses"])]
        for block in _blocks(values, "address_set")
    }
    ports = {
        terms.parse_name(block["name"]): [parts.parse_ports(item) for item in _list(block["ports"])]
        for block in _blocks(values, "port_set")
    }
    held = {
        (name, version): f"{owner.name('as')}_{name}_{version}"
        for name, nets in addresses.items()
        for version in _SET_TYPES
        if any(net.version == version for net in nets)
    }
    return Sets(addresses, ports, held, owner.name("limit"))


def _list(value: Value) -> Sequence[Value]:
    return value if isinstance(value, (list, tuple)) else ()


def _set_pieces(sets: Sets, table: TableName) -> Iterator[Piece]:
    for (name, version), held in sets.held.items():
        type_ = _SET_TYPES[version]
        shape = {"type": type_, "flags": ["interval"]}
        yield Named("set", held, f"type {type_} ; flags interval ;", shape, table)
        for net in parts.collapsed(sets.addresses[name], version):
            yield Element(held, parts.spelled(net), table=table)


def spoofing_of(values: Object) -> Spoofing | None:
    """What a guest may send as; None where that is not looked at."""
    block = values.get("anti_spoofing")
    said: Mapping[str, Value] = block if isinstance(block, Mapping) else {}
    mac = said.get("mac") or values.get("mac")
    if values["family"] != "bridge" or said.get("enabled") is False or mac is None:
        return None
    addresses = said.get("addresses")
    nets = None if addresses is None else tuple(parts.parse_net(item) for item in _list(addresses))
    return Spoofing(terms.parse_mac(mac), nets, bool(said.get("router")))


def _complete(proposal: Proposal) -> Object:
    values: dict[str, Value] = dict(proposal.proposed)
    if proposal.configured["services"] is None:
        family = values["family"]
        values["services"] = UNKNOWN if family is UNKNOWN else list(services.in_family(str(family)))
    return values


FIREWALL = Kind(
    schema=SCHEMA,
    pieces=_pieces,
    impacts=dict.fromkeys((*SCHEMA.attributes, *SCHEMA.blocks), JUDGES),
    created=JUDGES,
    removed=OPENS,
    complete=_complete,
    check=check,
    whom=whom.told,
)
