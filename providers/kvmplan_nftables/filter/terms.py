"""The terms of firewalls' rules alone, parsed before they become a part of what nft is told; those that every room of
the provider has are `kvmplan_nftables.parts`.

Every function raises `ValueError`, with a sentence that says what to write instead.
"""

from __future__ import annotations

import re

from kvmplan_nftables.parts import Network, parse_net

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
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_RATE = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day|week)")
_PREFIX = re.compile(r"[A-Za-z0-9 _.:,=/()\[\]-]{1,100}")
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


def parse_peer(value: object) -> Network | str:
    """One of the other side: an address, a subnet, or the name of an address set, written with a ``$``."""
    return parse_name(str(value)[1:]) if str(value).startswith("$") else parse_net(value)


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
