"""What may stand in an attribute of a rule: how it is read, and so which spellings mean the same.

Source: https://libvirt.org/formatnwfilter.html, and what libvirt's parser takes where its schema says otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from kvmplan_libvirt.nwfilter.variables import parse_access
from kvmplan_sdk import Value

_NUMBER = re.compile(r"[0-9]{1,10}|0[xX][0-9a-fA-F]{1,8}")
_MAC = re.compile(r"[0-9A-Fa-f]{1,2}(:[0-9A-Fa-f]{1,2}){5}")
_IPSET = re.compile(r"[A-Za-z0-9_.:+ -]{1,31}")
_TCP_FLAGS = ("SYN", "ACK", "URG", "PSH", "FIN", "RST")
_STATES = ("NEW", "ESTABLISHED", "RELATED", "INVALID")
MAX_COMMENT = 256


@dataclass(frozen=True, slots=True)
class Datatype:
    """``expects`` says what a literal is, with an example; ``read`` gives what it means, or raises ValueError."""

    expects: str
    read: Callable[[str], str]
    variables: bool = True

    def check(self, value: Value) -> str | None:
        text = str(value)
        if self.variables and text.startswith("$"):
            well_written = parse_access(text) is not None
            return None if well_written else f"{text!r} is not a variable such as $IP, $PORT[2] or $PORT[@1]."
        try:
            self.read(text)
        except ValueError:
            variable = ", or a variable such as $IP" if self.variables else ""
            return f"{text!r} is not {self.expects}{variable}."
        return None

    def meaning(self, value: Value) -> Value:
        """``value`` in one spelling; itself where it is none of this type."""
        access = parse_access(str(value)) if self.variables else None
        if access is not None:
            return f"${access}"
        try:
            return self.read(str(value))
        except ValueError:
            return value


def _number(low: int, high: int, *, hexadecimal: bool = True) -> Callable[[str], str]:
    def read(text: str) -> str:
        if not _NUMBER.fullmatch(text):
            raise ValueError
        is_hexadecimal = text[:2].lower() == "0x"
        number = int(text, 16 if is_hexadecimal else 10)
        if not low <= number <= high or (is_hexadecimal and not hexadecimal):
            raise ValueError
        return str(number)

    return read


def _named(names: Mapping[str, int], number: Callable[[str], str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        known = names.get(text.lower())
        return number(text) if known is None else str(known)

    return read


def _mac(text: str) -> str:
    if not _MAC.fullmatch(text):
        raise ValueError
    return ":".join(f"{int(byte, 16):02x}" for byte in text.split(":"))


def _mac_mask(text: str) -> str:
    mask = _mac(text)
    _contiguous(int(mask.replace(":", ""), 16), 48)
    return mask


def _contiguous(mask: int, bits: int) -> int:
    """The length of the prefix that ``mask`` stands for."""
    length = mask.bit_count()
    if mask != ((1 << length) - 1) << (bits - length):
        raise ValueError
    return length


def _ipv4_mask(text: str) -> str:
    return str(IPv4Network(f"0.0.0.0/{text}").prefixlen) if text.isdigit() else _prefix(int(IPv4Address(text)), 32)


def _ipv6_mask(text: str) -> str:
    return _number(0, 128, hexadecimal=False)(text) if text.isdigit() else _prefix(int(IPv6Address(text)), 128)


def _prefix(mask: int, bits: int) -> str:
    return str(_contiguous(mask, bits))


def _ipv6(text: str) -> str:
    if "%" in text:
        raise ValueError
    return str(IPv6Address(text))


def _members(text: str, choices: tuple[str, ...], *, all_: str = "") -> str:
    if text == "NONE":
        return ""
    said = choices if all_ and text == all_ else tuple(text.split(","))
    if not set(said) <= set(choices):
        raise ValueError
    return ",".join(choice for choice in choices if choice in said)


def _tcp_flags(text: str) -> str:
    mask, slash, flags = text.partition("/")
    if not slash:
        raise ValueError
    return "/".join(_members(part, _TCP_FLAGS, all_="ALL") for part in (mask, flags))


def _ipset_flags(text: str) -> str:
    flags = text.lower().split(",")
    if not set(flags) <= {"src", "dst"} or len(flags) > 6:
        raise ValueError
    return ",".join(flags)


def _ipset(text: str) -> str:
    if not _IPSET.fullmatch(text):
        raise ValueError
    return text


def _comment(text: str) -> str:
    if not text or text.startswith("$") or len(text.encode()) > MAX_COMMENT or any(ord(one) < 32 for one in text):
        raise ValueError
    return text


def _only_variables(text: str) -> str:
    raise ValueError(text)


_ETHERTYPES = {"arp": 0x806, "rarp": 0x8035, "ipv4": 0x800, "ipv6": 0x86DD, "vlan": 0x8100}
_OPCODES = {
    name.lower(): number
    for number, name in enumerate(
        (
            "Request",
            "Reply",
            "Request_Reverse",
            "Reply_Reverse",
            "DRARP_Request",
            "DRARP_Reply",
            "DRARP_Error",
            "InARP_Request",
            "ARP_NAK",
        ),
        start=1,
    )
}
PROTOCOL_NUMBERS = {
    "icmp": 1,
    "igmp": 2,
    "tcp": 6,
    "udp": 17,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "sctp": 132,
    "udplite": 136,
}

MAC = Datatype("a MAC address such as 52:54:00:12:34:56", _mac)
MAC_MASK = Datatype("a mask of a MAC address, ones before zeros, such as ff:ff:ff:00:00:00", _mac_mask)
IPV4 = Datatype("an IPv4 address such as 10.1.2.3", lambda text: str(IPv4Address(text)))
IPV6 = Datatype("an IPv6 address such as 2001:db8::1", _ipv6)
IPV4_MASK = Datatype("an IPv4 mask such as 24 or 255.255.255.0", _ipv4_mask)
IPV6_MASK = Datatype("an IPv6 mask such as 64 or ffff:ffff::", _ipv6_mask)
UINT8 = Datatype("a number from 0 to 255, such as 8 or 0x8", _number(0, 0xFF))
UINT16 = Datatype("a number from 0 to 65535, such as 443 or 0x1bb", _number(0, 0xFFFF))
UINT32 = Datatype("a number from 0 to 4294967295, such as 19 or 0x13", _number(0, 0xFFFFFFFF))
CONNECTIONS = Datatype("a number from 0 to 65535, such as 10", _number(0, 0xFFFF, hexadecimal=False))
DSCP = Datatype("a number from 0 to 63, such as 46 or 0x2e", _number(0, 63))
VLAN_ID = Datatype("the number of a VLAN from 0 to 4095, such as 100 or 0x64", _number(0, 4095))
ETHERTYPE = Datatype(
    "one of arp, rarp, ipv4, ipv6, vlan, or a number from 0x600 to 0xffff", _named(_ETHERTYPES, _number(0x600, 0xFFFF))
)
ENCAPSULATED = Datatype(
    "one of arp, rarp, ipv4, ipv6, vlan, or a number from 0x3c to 0xffff", _named(_ETHERTYPES, _number(0x3C, 0xFFFF))
)
OPCODE = Datatype(
    "Request, Reply, another of libvirt's names of ARP operations, or a number from 0 to 65535",
    _named(_OPCODES, _number(0, 0xFFFF, hexadecimal=False)),
)
PROTOCOL = Datatype(
    f"one of {', '.join(PROTOCOL_NUMBERS)}, or a number from 0 to 255", _named(PROTOCOL_NUMBERS, _number(0, 0xFF))
)
STATE = Datatype(
    f"NONE, or some of {', '.join(_STATES)}, such as NEW,ESTABLISHED", lambda text: _members(text, _STATES), False
)
TCP_FLAGS = Datatype(
    "MASK/FLAGS of ALL, NONE or some of SYN, ACK, URG, PSH, FIN, RST, such as SYN,ACK/SYN", _tcp_flags, False
)
IPSET = Datatype("the name of an ipset, of at most 31 characters", _ipset)
IPSET_FLAGS = Datatype("src and dst, up to six of them, such as src,dst", _ipset_flags, False)
COMMENT = Datatype(f"a comment of 1 to {MAX_COMMENT} bytes in one line, which does not begin with $", _comment, False)
ONLY_VARIABLES = Datatype(
    "taken by libvirt, which reads an IPv4 address here; write `dstipaddr` with `dstipmask`", _only_variables
)
