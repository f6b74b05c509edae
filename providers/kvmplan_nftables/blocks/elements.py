"""Elements of sets and maps, spelled as nft lists them: so what is there can be told from what is wanted."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, summarize_address_range

from kvmplan_nftables.blocks.names import parse_name
from kvmplan_nftables.parts import Address, Network, parse_address, parse_network, parse_ports, spelled

_TYPE = re.compile(r"[a-z][a-z0-9_]*( \. [a-z][a-z0-9_]*)*")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\*?")
_NUMBER = re.compile(r"\d{1,10}|0x[0-9a-f]{1,8}")
_VERDICTS = ("accept", "drop", "return", "continue")
_NUMBERED = ("mark", "integer")
VERSIONS = {"ipv4_addr": 4, "ipv6_addr": 6}


def parse_type(value: object) -> str:
    if not _TYPE.fullmatch(str(value)):
        raise ValueError(f'{value!r} is no type such as "ipv4_addr" or "ipv4_addr . inet_service"')
    return str(value)


def parse_element(value: object, type_: str) -> str:
    """An element of ``type_``, whose parts are parted by `` . ``."""
    parts, types = str(value).split(" . "), type_.split(" . ")
    if len(parts) != len(types):
        raise ValueError(f"{value!r} has {len(parts)} parts, where {type_!r} has {len(types)}")
    return " . ".join(_part(part.strip(), kind) for part, kind in zip(parts, types, strict=True))


def parse_data(value: object, type_: str) -> str:
    return parse_verdict(value) if type_ == "verdict" else parse_element(value, type_)


def parse_verdict(value: object) -> str:
    verb, _, chain = str(value).partition(" ")
    if verb in ("jump", "goto"):
        return f"{verb} {parse_name(chain)}"
    if value not in _VERDICTS:
        raise ValueError(f"{value!r} is no verdict: {', '.join(_VERDICTS)}, jump CHAIN or goto CHAIN")
    return str(value)


def _part(text: str, type_: str) -> str:
    if type_ in VERSIONS:
        return _addresses(text, VERSIONS[type_])
    if type_ == "inet_service":
        low, high = parse_ports(text)
        return str(low) if low == high else f"{low}-{high}"
    if type_ == "ether_addr":
        if not _MAC.fullmatch(text.lower()):
            raise ValueError(f"{text!r} is no MAC address such as 52:54:00:12:34:56")
        return text.lower()
    if _NUMBER.fullmatch(text) and type_ in _NUMBERED:
        return str(int(text, 0))
    if not _WORD.fullmatch(text):
        raise ValueError(f"{text!r} is no {type_} that kvmplan can tell nft; write it as nft lists it")
    return text


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
