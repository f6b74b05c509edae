"""Addresses, ports and names, parsed before they become a part of what nft is told: no text of the user's gets through.

What parses raises `ValueError`, saying what to write instead; `valid` makes a schema's validator of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from socket import inet_ntoa

from kvmplan_nftables.words import refuse_element
from kvmplan_sdk import Value

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

Ports = tuple[int, int]
"""The first and the last."""

FAMILIES = {4: "ip", 6: "ip6"}
_KINDS: Mapping[int, tuple[type[IPv4Network] | type[IPv6Network], int]] = {4: (IPv4Network, 32), 6: (IPv6Network, 128)}
_INTERFACE = re.compile(r"[A-Za-z0-9_.@-]{1,15}")
"""Interface names that nft takes as they are: no quotes, wildcards or backslashes."""


def parse_port(value: Value) -> int:
    number = int(str(value))
    if not 1 <= number <= 65535:
        raise ValueError(f"{number} is no port")
    return number


def parse_address(value: object) -> Address:
    return _address(str(value))


_many = lru_cache(1 << 17)
"""What is parsed where it is checked is parsed again for every look at it, as it was and as it will be."""


@_many
def _address(text: str) -> Address:
    address = ip_address(text)
    if "%" in text:
        raise ValueError(f"{address} has a zone, which nft does not take")
    return address


def parse_network(value: object) -> Network:
    return _network(str(value))


@_many
def _network(text: str) -> Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(f"the subnet of that address is {ip_network(text, strict=False)}") from None
    if "%" in text:
        raise ValueError(f"{text} has a zone, which nft does not take")
    return network


def parse_interface(value: object) -> str:
    if not _INTERFACE.fullmatch(str(value)):
        raise ValueError(
            f"{value!r} is no interface name that nft takes as it is: letters, digits and . _ - @, at most 15"
        )
    return str(value)


def parse_looked_up(value: object) -> str:
    """The name of an interface that is looked up in a set or a map."""
    name = parse_interface(value)
    refuse_element(name, "give the interface another name")
    return name


def parse_ports(value: object) -> Ports:
    return _ports(str(value))


@_many
def _ports(text: str) -> Ports:
    first, dash, last = text.partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise ValueError(f'{text!r} is no port and no range of ports; write "80" or "8000-8010"')
    ports = parse_port(first), parse_port(last or first)
    if ports[0] > ports[1]:
        raise ValueError(f'{text!r} is no range of ports: write the lower one first, "{ports[1]}-{ports[0]}"')
    return ports


def merged(ports: Iterable[Ports]) -> list[Ports]:
    """The same ports in order, without overlaps, which nft refuses."""
    result: list[Ports] = []
    for low, high in sorted(ports):
        if result and low <= result[-1][1] + 1:
            result[-1] = result[-1][0], max(high, result[-1][1])
        else:
            result.append((low, high))
    return result


def parse_net(value: object) -> Network:
    """An address, which is a subnet of one, or a subnet."""
    try:
        return parse_network(value)
    except ValueError as problem:
        raise ValueError(f"{value!r} is no address and no subnet such as 10.0.0.0/24 or fd00::/64: {problem}") from None


def collapsed(nets: Iterable[Network], version: int) -> list[Network]:
    """Those of one family, in order, without overlaps, neighbours as one; `ipaddress` takes far longer for that."""
    kind, bits = _KINDS[version]
    known = {(int(net.network_address), net.prefixlen): net for net in nets if net.version == version}
    held: list[tuple[int, int]] = []
    for low, length in sorted(known):
        if held and (low ^ held[-1][0]) >> (bits - held[-1][1]) == 0:
            continue
        held.append((low, length))
        while len(held) > 1 and held[-2] == (held[-1][0] ^ 1 << (bits - length), length):
            held.pop()
            length -= 1
            held[-1] = held[-1][0], length
    return [known.get(key) or kind(key) for key in held]


def spelled(net: Network) -> str:
    """As nft lists it: a subnet of one is an address."""
    if isinstance(net, IPv4Network):  # str() takes three times as long, and sets are large
        address = inet_ntoa(net.network_address.packed)
        return address if net.prefixlen == 32 else f"{address}/{net.prefixlen}"
    return str(net.network_address) if net.prefixlen == 128 else str(net)


def braced(items: Iterable[str]) -> str:
    """One as it is, several as an anonymous set."""
    listed = list(items)
    return listed[0] if len(listed) == 1 else f"{{ {', '.join(listed)} }}"


def parse_one_of(value: object, choices: Collection[str]) -> str:
    if value not in choices:
        raise ValueError(f"{value!r} is not one of {', '.join(choices)}")
    return str(value)


def valid(parse: Callable[[object], object]) -> Callable[[Value], str | None]:
    """A validator of a schema: of a value, or of each in a list."""

    def check(value: Value) -> str | None:
        for item in value if isinstance(value, (list, tuple)) else [value]:
            try:
                parse(item)
            except ValueError as problem:
                return f"{problem}."
        return None

    return check
