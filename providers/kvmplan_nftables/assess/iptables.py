"""iptables' own matches, which nft lists by name alone: iptables-save(8) has their arguments.

Its rules stand in the order in which nft lists them, chain by chain.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from kvmplan_nftables.assess.matches import Packet
from kvmplan_nftables.docker.chain import arguments_of

Arguments = Sequence[str]
Saved = Mapping[tuple[str, str], Sequence[Arguments]]
"""The rules of iptables by table and chain, empty ones included."""


def parse_save(text: str) -> Saved:
    table = ""
    found: dict[tuple[str, str], list[Arguments]] = defaultdict(list)
    for line in text.splitlines():
        if line.startswith("*"):
            table = line[1:].strip()
        elif line.startswith(":"):
            found[table, line[1:].split()[0]] = []
        elif line.startswith("-A "):
            found[table, line.split()[1]].append(arguments_of(line))
    return found


def meets_iptables(packet: Packet, name: str, arguments: Arguments) -> bool | None:
    """Whether ``packet`` meets the match ``name`` of a rule with these arguments; None: no telling."""
    match name:
        case "comment":
            return True
        case "conntrack" | "state":
            return _states(packet, arguments)
        case "addrtype":
            return _option(arguments, "--dst-type", lambda value: value == packet.kind.upper())
        case "multiport":
            return _option(arguments, "--dports", lambda value: _ports(packet, value))
        case "physdev":
            return packet.bridged if "--physdev-is-bridged" in arguments and "!" not in arguments else None
        case "tcp" | "udp":
            return _option(arguments, "--dport", lambda value: _ports(packet, value))
    return None


def port_spans(arguments: Arguments) -> Sequence[tuple[int, int]] | None:
    """The ports asked for that a rule takes; none where any may do, None where it does not ask."""
    options = [place for place, one in enumerate(arguments) if one in ("--dport", "--dports")]
    if not options:
        return None
    if len(options) > 1 or arguments[options[0] - 1] == "!":
        return ()
    return [_ports_of(part) for part in arguments[options[0] + 1].split(",")]


def _ports_of(part: str) -> tuple[int, int]:
    low, _, high = part.partition(":")
    return int(low or 0), int(high or (65535 if ":" in part else low))


def _option(arguments: Arguments, option: str, test: Callable[[str], bool | None]) -> bool | None:
    """What ``test`` says of the option's value; the opposite after an exclamation mark."""
    if option not in arguments:
        return None
    at = arguments.index(option)
    found = test(arguments[at + 1])
    negated = at > 0 and arguments[at - 1] == "!"
    return found if found is None or not negated else not found


def _states(packet: Packet, arguments: Arguments) -> bool | None:
    known = {packet.connection["state"].upper(), *(["DNAT"] if packet.translated else ())}
    asked = [option for option in ("--ctstate", "--state", "--ctstatus") if option in arguments]
    others = [one for one in arguments if one.startswith("--ct") and one not in asked]
    if len(asked) != 1 or others:
        return None
    return _option(arguments, asked[0], lambda value: bool(known & set(value.split(","))))


def _ports(packet: Packet, value: str) -> bool | None:
    if not packet.port:
        return None
    return any(low <= packet.port <= high for low, high in map(_ports_of, value.split(",")))
