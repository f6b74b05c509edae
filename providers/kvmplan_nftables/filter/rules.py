"""The rules of a firewall as text for nft, in an order that makes the order of the configuration mean nothing.

In a chain, what passes returns: the next firewall that holds the packet judges it then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from kvmplan_nftables import parts
from kvmplan_nftables.filter import terms
from kvmplan_nftables.parts import FAMILIES, Network, Ports, braced, collapsed, merged, spelled
from kvmplan_nftables.table.identity import digest
from kvmplan_sdk import Object, Value

VERDICTS = {"allow": "return", "drop": "drop", "reject": "reject with icmpx type port-unreachable"}
_DROP, _REJECT, _LIMIT, _ALLOW = range(4)
_SECTIONS = {"drop": _DROP, "reject": _REJECT, "allow": _ALLOW}
_FEW = 8
Field = tuple[str, Sequence[str]]
"""What to look at in a packet, and the values that it may have."""
_ONLY = {"icmp": 4, "icmpv6": 6}


@dataclass(frozen=True, slots=True)
class Sets:
    """The named sets of a firewall. ``held``: the name in nft of an address set's half, by name and IP version;
    ``limits``: what the names of its limits begin with.
    """

    addresses: Mapping[str, Sequence[Network]]
    ports: Mapping[str, Sequence[Ports]]
    held: Mapping[tuple[str, int], str]
    limits: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """One count for a rule, however many lines it takes nft to say the rule."""

    name: str
    rate: str
    burst: int


def lines(rules: Sequence[Object], sets: Sets) -> Iterator[str]:
    """Raises `ValueError` for what cannot be told to nft."""
    told = dict.fromkeys(line for rule in rules for line in _lines(rule, sets))
    yield from (text for _, text in sorted(told, key=lambda line: line[0:2]))


def limits(rules: Sequence[Object], sets: Sets) -> Iterator[Limit]:
    for rule in rules:
        limit = _limit(rule, sets)
        if limit is not None:
            yield limit


def _limit(rule: Object, sets: Sets) -> Limit | None:
    limit = rule.get("limit")
    if not isinstance(limit, Mapping):
        return None
    rate, burst = terms.parse_rate(limit["rate"]), int(str(limit["burst"]))
    meets = digest(" ".join([rate, str(burst), *matches(rule, sets)]))
    return Limit(f"{sets.limits}_{meets}", rate, burst)


def _lines(rule: Object, sets: Sets) -> Iterator[tuple[tuple[int, int], str]]:
    """Each with its section, and its place there: a line that only logs goes before the verdicts."""
    action, protocol = str(rule["action"]), str(rule["protocol"])
    section = _SECTIONS[parts.parse_one_of(action, _SECTIONS)]
    verdict = "reject with tcp reset" if (action, protocol) == ("reject", "tcp") else VERDICTS[action]
    log, limit = rule.get("log"), _limit(rule, sets)
    for match in matches(rule, sets):
        if limit is not None:
            yield (_LIMIT, 1), f'{match} limit name "{limit.name}" drop'.strip()
        writes = _log(log) if isinstance(log, Mapping) else ""
        if writes.startswith("limit"):
            yield (section, 0), f"{match} {writes}".strip()
            writes = ""
        yield (section, 1), " ".join(part for part in (match, writes, verdict) if part)


def _log(log: Mapping[str, Value]) -> str:
    rate = f"limit rate {terms.parse_rate(log['rate'])} " if log.get("rate") is not None else ""
    prefix = f'prefix "{terms.parse_prefix(log["prefix"])}" ' if log.get("prefix") is not None else ""
    return f"{rate}log {prefix}level {parts.parse_one_of(log['level'], terms.LEVELS)}"


def matches(rule: Object, sets: Sets) -> Iterator[str]:
    """What the packets of a rule are: any of these. "" is all of them."""
    protocol = parts.parse_one_of(rule["protocol"], terms.PROTOCOLS)
    what = _what(rule, protocol, sets)
    if rule.get("source") is None and rule.get("destination") is None:
        yield from _said(what)
        return
    for version, family in FAMILIES.items():
        if _ONLY.get(protocol, version) == version:
            sources = _side(rule.get("source"), f"{family} saddr", version, sets)
            destinations = _side(rule.get("destination"), f"{family} daddr", version, sets)
            for source, destination in product(sources, destinations):
                yield from _said([*source, *destination, *what])


def _said(fields: Sequence[Field]) -> Iterator[str]:
    """A few values are a line each, more are anonymous sets. nft 1.0.6 lists sets one by one, and so does the kernel
    find them: ten thousand firewalls with sets of their own would cost their square.
    """
    few = prod(len(values) for _, values in fields) <= _FEW
    choices = [[f"{name} {value}" for value in (values if few else [braced(values)])] for name, values in fields]
    for chosen in product(*choices):
        yield " ".join(part.strip() for part in chosen)


def _side(value: Value, name: str, version: int, sets: Sets) -> Sequence[Sequence[Field]]:
    """The ways to be on one side, of one IP version; none when nobody of that version is."""
    if value is None:
        return [[]]
    assert isinstance(value, (list, tuple))
    peers = [terms.parse_peer(item) for item in value]
    nets = collapsed([peer for peer in peers if not isinstance(peer, str)], version)
    named = [sets.held[peer, version] for peer in peers if isinstance(peer, str) and (peer, version) in sets.held]
    values = [[spelled(net) for net in nets]] if nets else []
    return [[(name, some)] for some in (*values, *([f"@{held}"] for held in dict.fromkeys(named)))]


def _what(rule: Object, protocol: str, sets: Sets) -> Sequence[Field]:
    asked = [*_ports(rule.get("ports")), *(port for name in _listed(rule, "port_sets") for port in sets.ports[name])]
    asking = list(_ports(rule.get("source_ports")))
    types = [parts.parse_one_of(item, sorted(terms.ICMP_TYPES[protocol])) for item in _listed(rule, "icmp_types")]
    if protocol == "all":
        return []
    if types:
        return [(f"{protocol} type", sorted(set(types)))]
    found = [(f"{protocol} {way}", _spelled(ports)) for way, ports in (("sport", asking), ("dport", asked)) if ports]
    plain = {"icmp": "ip protocol icmp", "icmpv6": "meta l4proto ipv6-icmp"}.get(protocol, f"meta l4proto {protocol}")
    return found or [("", [plain])]


def _listed(rule: Object, name: str) -> list[str]:
    value = rule.get(name)
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else []


def _ports(value: Value) -> Iterator[Ports]:
    yield from map(parts.parse_ports, value if isinstance(value, (list, tuple)) else ())


def _spelled(ports: Sequence[Ports]) -> list[str]:
    return [str(low) if low == high else f"{low}-{high}" for low, high in merged(ports)]
