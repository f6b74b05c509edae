"""Elements of sets and maps, spelled as nft lists them: so what is there can be told from what is wanted."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, summarize_address_range

from kvmplan_nftables.blocks.names import parse_name
from kvmplan_nftables.parts import Address, Network, parse_address, parse_network, spelled
from kvmplan_nftables.words import refuse_element

_TYPE = re.compile(r"[a-z][a-z0-9_]*( \. [a-z][a-z0-9_]*)*")
_TYPEOF = re.compile(r"[a-z@][a-z0-9_@,&-]*( [a-z0-9_@,&.-]+)*")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_WORD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\*?")
_NUMBER = re.compile(r"\d{1,10}|0x[0-9a-f]{1,8}")
_ANY = "any"
"""In the place of a type that nft knows and kvmplan does not: of what ``typeof`` tells by expressions."""
_TOLD = {
    **{f"ip {end}": "ipv4_addr" for end in ("saddr", "daddr")},
    **{f"ip6 {end}": "ipv6_addr" for end in ("saddr", "daddr")},
    **{f"ether {end}": "ether_addr" for end in ("saddr", "daddr")},
}
_EVERYTHING = "*"
INTERVAL = "interval "
"""Before the type of values that are ranges."""
_VERDICTS = ("accept", "drop", "return", "continue")
_PORTS = 65535
_NAMES = ("ifname", "counter", "quota", "limit")
"""Types whose values may begin with a digit and are no numbers."""
VERSIONS = {"ipv4_addr": 4, "ipv6_addr": 6}


def parse_type(value: object) -> str:
    if not _TYPE.fullmatch(str(value)):
        raise ValueError(f'{value!r} is no type such as "ipv4_addr" or "ipv4_addr . inet_service"')
    return str(value)


def parse_values_type(value: object) -> str:
    parse_type(str(value).removeprefix(INTERVAL))
    return str(value)


def parse_typeof(value: object) -> str:
    if not all(_TYPEOF.fullmatch(part) for part in str(value).split(" : ")):
        raise ValueError(f'{value!r} is no expression that nft takes after typeof, such as "ip saddr . tcp dport"')
    return str(value)


def untold(typeof: str) -> str:
    """The type of elements of ``typeof``, as far as it is known."""
    return " . ".join(_TOLD.get(part, _ANY) for part in typeof.split(" . "))


def parse_element(value: object, type_: str) -> str:
    """An element of ``type_``, whose parts are parted by `` . ``."""
    parts, types = str(value).split(" . "), type_.split(" . ")
    if len(parts) != len(types):
        raise ValueError(f"{value!r} has {len(parts)} parts, where {type_!r} has {len(types)}")
    return " . ".join(_part(part.strip(), kind) for part, kind in zip(parts, types, strict=True))


def parse_data(value: object, type_: str) -> str:
    """A value; where its type is not known, it may be a verdict."""
    if type_ == "verdict" or (type_ == _ANY and str(value).partition(" ")[0] in (*_VERDICTS, "jump", "goto")):
        return parse_verdict(value)
    return parse_element(value, type_.removeprefix(INTERVAL))


def parse_verdict(value: object) -> str:
    verb, _, chain = str(value).partition(" ")
    if verb in ("jump", "goto"):
        return f"{verb} {parse_name(chain)}"
    if value not in _VERDICTS:
        raise ValueError(f"{value!r} is no verdict: {', '.join(_VERDICTS)}, jump CHAIN or goto CHAIN")
    return str(value)


def _part(text: str, type_: str) -> str:
    if text == _EVERYTHING:
        return text
    if type_ in VERSIONS:
        return _addresses(text, VERSIONS[type_])
    if type_ in ("ether_addr", _ANY) and _MAC.fullmatch(text.lower()):
        return text.lower()
    if type_ == "ether_addr":
        raise ValueError(f"{text!r} is no MAC address such as 52:54:00:12:34:56")
    if type_ == "inet_service" or (type_ not in _NAMES and _NUMBER.fullmatch(text.partition("-")[0])):
        return _numbers(text, type_)
    if type_ == _ANY and (found := _address_of_any(text)):
        return found
    return _word(text, type_)


def _numbers(text: str, type_: str) -> str:
    low, dash, high = text.partition("-")
    if not _NUMBER.fullmatch(low) or (dash and not _NUMBER.fullmatch(high)):
        if type_ == "inet_service":
            raise ValueError(f'{text!r} is no port and no range of ports; write "80" or "8000-8010"')
        return _word(text, type_)
    first, last = int(low, 0), int(high or low, 0)
    if first > last or (type_ == "inet_service" and last > _PORTS):
        raise ValueError(f"{text!r} is no {type_} and no range of them")
    return str(first) if first == last else f"{first}-{last}"


def _word(text: str, type_: str) -> str:
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is no {type_} that kvmplan can tell nft; write it as nft lists it")
    refuse_element(text, "match it in a nftables_rule, in double quotes")
    return text


def _address_of_any(text: str) -> str:
    version = 6 if ":" in text else 4 if text.count(".") > 2 else 0
    try:
        return _addresses(text, version) if version else ""
    except ValueError:
        return ""


def _addresses(text: str, version: int) -> str:
    first, dash, last = text.partition("-")
    try:
        nets = _between(parse_address(first), parse_address(last)) if dash else [parse_network(text)]
    except (TypeError, ValueError) as problem:
        raise ValueError(f"{text!r} is no address, subnet or range of addresses: {problem}") from None
    if nets[0].version != version:
        raise ValueError(f"{text!r} is no ipv{version}_addr")
    return spelled(nets[0]) if len(nets) == 1 else f"{parse_address(first)}-{parse_address(last)}"


def _between(first: Address, last: Address) -> list[Network]:
    if isinstance(first, IPv4Address) and isinstance(last, IPv4Address):
        return list(summarize_address_range(first, last))
    if isinstance(first, IPv6Address) and isinstance(last, IPv6Address):
        return list(summarize_address_range(first, last))
    raise ValueError("write two of one family")
