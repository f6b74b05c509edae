"""The terms of rules, parsed before they become a part of what nft is told.

Every function raises `ValueError`, with a sentence that says what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network

from kvmplan_nftables.parts import Network, parse_network, parse_port
from kvmplan_sdk import Value

PROTOCOLS = ("all", "tcp", "udp", "sctp", "icmp", "icmpv6")
WITH_PORTS = ("tcp", "udp", "sctp")
LEVELS = ("emerg", "alert", "crit", "err", "warn", "notice", "info", "debug")
# fmt: off
_ICMP = (
    "echo-reply", "destination-unreachable", "source-quench", "redirect", "echo-request", "router-advertisement",
    "router-solicitation", "time-exceeded", "parameter-problem", "timestamp-request", "timestamp-reply",
    "info-request", "info-reply", "address-mask-request", "address-mask-reply",
)
_ICMPV6 = (
    "destination-unreachable", "packet-too-big", "time-exceeded", "parameter-problem", "echo-request", "echo-reply",
    "mld-listener-query", "mld-listener-report", "mld-listener-done", "nd-router-solicit", "nd-router-advert",
    "nd-neighbor-solicit", "nd-neighbor-advert", "nd-redirect", "router-renumbering", "ind-neighbor-solicit",
    "ind-neighbor-advert", "mld2-listener-report",
)
# fmt: on
ICMP_TYPES = {"icmp": frozenset(_ICMP), "icmpv6": frozenset(_ICMPV6)}
"""By protocol, as nft names them (nft(8), "ICMP TYPE TYPE", "ICMPV6 TYPE TYPE")."""
_KINDS: Mapping[int, tuple[type[IPv4Network] | type[IPv6Network], int]] = {4: (IPv4Network, 32), 6: (IPv6Network, 128)}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day|week)")
_PREFIX = re.compile(r"[A-Za-z0-9 _.:,=/()\[\]-]{1,100}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")

Ports = tuple[int, int]
"""The first and the last."""


def parse_ports(value: object) -> Ports:
    first, dash, last = str(value).partition("-")
    if not first.isdecimal() or (dash and not last.isdecimal()):
        raise ValueError(f'{value!r} is no port and no range of ports; write "80" or "8000-8010"')
    ports = parse_port(first), parse_port(last or first)
    if ports[0] > ports[1]:
        raise ValueError(f'{value!r} is no range of ports: write the lower one first, "{ports[1]}-{ports[0]}"')
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


def parse_peer(value: object) -> Network | str:
    """One of the other side: an address, a subnet, or the name of an address set, written with a ``$``."""
    return parse_name(str(value)[1:]) if str(value).startswith("$") else parse_net(value)


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
    return str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net)


def braced(items: Iterable[str]) -> str:
    """One as it is, several as an anonymous set."""
    listed = list(items)
    return listed[0] if len(listed) == 1 else f"{{ {', '.join(listed)} }}"


def parse_name(value: object) -> str:
    if not _NAME.fullmatch(str(value)):
        raise ValueError(f"{value!r} is no name of a set: a letter, then letters, digits and _, at most 31")
    return str(value)


def parse_rate(value: object) -> str:
    if not _RATE.fullmatch(str(value)):
        raise ValueError(f'{value!r} is no rate; write "10/second", or with minute, hour, day or week')
    return str(value)


def parse_prefix(value: object) -> str:
    if not _PREFIX.fullmatch(str(value)):
        raise ValueError(
            f"{value!r} cannot begin a line of the log: letters, digits, blanks and _.:,=/()[]-, at most 100"
        )
    return str(value)


def parse_mac(value: object) -> str:
    mac = str(value).lower()
    if not _MAC.fullmatch(mac) or int(mac[:2], 16) & 1:
        raise ValueError(f"{value!r} is no MAC address of a NIC, such as 52:54:00:12:34:56")
    return mac


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
