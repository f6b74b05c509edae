"""Functions of addresses: subnets, hosts, MAC addresses."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.numeric import whole
from kvmplan.lang.values import ListValue
from kvmplan.lang.values import Value as LanguageValue
from kvmplan.syntax.number import Number
from kvmplan_sdk.types import BOOL, NUMBER, STRING, ListType

REGISTRY: Registry = {}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PREFIX = Param("prefix", STRING)
_LEADING_ZEROS = re.compile(r"(?<![0-9A-Fa-f:.])0+(?=[0-9])|(?<=\.)0+(?=[0-9])")
_MAX_FREE = 1024


def network_of(text: str, argument: int = 0) -> Network:
    """The network of an address with a prefix length; host bits are let go. Raises `FunctionError`."""
    if "/" not in text:
        raise FunctionError(f"invalid CIDR expression: {text} has no prefix length such as /24", argument)
    address = text if ":" in text else _LEADING_ZEROS.sub("", text)
    length = address.rpartition("/")[2]
    try:
        if not (length.isascii() and length.isdigit()) or "%" in address:
            raise ValueError
        return ipaddress.ip_network(address, strict=False)
    except ValueError:
        raise FunctionError(f"invalid CIDR expression: {text}", argument) from None


@define(REGISTRY, "cidrhost", _PREFIX, Param("hostnum", NUMBER), returns=STRING)
def cidrhost(prefix: str, hostnum: Number) -> LanguageValue:
    """The address numbered `hostnum` in the network `prefix`; negative numbers count from its end."""
    network, number = network_of(prefix), whole(hostnum, 1, bits=130)
    size = network.num_addresses
    if not -size <= number < size:
        raise FunctionError(f"prefix of {network.prefixlen} does not accommodate a host numbered {number}", 1)
    return str(_ipv4(network.network_address + (number if number >= 0 else size + number)))


def _ipv4(address: Address) -> Address:
    """``address``, as IPv4 if it is one mapped into IPv6: so it is written."""
    return address.ipv4_mapped or address if isinstance(address, ipaddress.IPv6Address) else address


@define(REGISTRY, "cidrnetmask", _PREFIX, returns=STRING)
def cidrnetmask(prefix: str) -> LanguageValue:
    """The netmask of the IPv4 network `prefix`."""
    network = network_of(prefix)
    if network.version == 6:
        raise FunctionError("IPv6 networks have no netmask", 0)
    return str(network.netmask)


def _subnet(network: Network, bits: int, number: int) -> str:
    """In CIDR notation."""
    length = network.prefixlen + bits
    base = int(network.network_address) | (number << (network.max_prefixlen - length))
    address = type(network.network_address)(base & ((1 << network.max_prefixlen) - 1))
    mapped = _ipv4(address)
    return f"{address}/{length}" if length < 96 or mapped is address else f"{mapped}/{length - 96}"


@define(REGISTRY, "cidrsubnet", _PREFIX, Param("newbits", NUMBER), Param("netnum", NUMBER), returns=STRING)
def cidrsubnet(prefix: str, newbits: Number, netnum: Number) -> LanguageValue:
    """The subnet numbered `netnum` of those that are `newbits` longer than `prefix`."""
    network, bits, number = network_of(prefix), whole(newbits, 1), whole(netnum, 2, bits=130)
    if not 0 <= network.prefixlen + bits <= network.max_prefixlen:
        raise FunctionError(f"insufficient address space to extend prefix of {network.prefixlen} by {bits}", 1)
    if bits >= 0:
        if not -(1 << bits) <= number < 1 << bits:
            raise FunctionError(f"prefix extension of {bits} does not accommodate a subnet numbered {number}", 2)
        number %= 1 << bits
    return _subnet(network, bits, number)


@define(REGISTRY, "cidrsubnets", _PREFIX, variadic=Param("newbits", NUMBER), returns=ListType(STRING))
def cidrsubnets(prefix: str, *newbits: Number) -> LanguageValue:
    """Subnets of `prefix`, one after another, each as many bits longer as `newbits` says."""
    network = network_of(prefix)
    made: list[LanguageValue] = []
    at, end = int(network.network_address), int(network.broadcast_address) + 1
    for argument, value in enumerate(newbits, 1):
        bits = whole(value, argument)
        length = network.prefixlen + bits
        if bits < 1:
            raise FunctionError("must extend prefix by at least one bit", argument)
        if bits > 32:
            raise FunctionError("may not extend prefix by more than 32 bits", argument)
        if length > network.max_prefixlen:
            raise FunctionError(
                f"not enough remaining address space for a subnet with a prefix of {length} bits", argument
            )
        size = 1 << (network.max_prefixlen - length)
        at = (at + size - 1) // size * size
        if at + size > end:
            raise FunctionError(
                f"not enough remaining address space for a subnet with a prefix of {length} bits", argument
            )
        made.append(str(type(network)((at, length))))
        at += size
    return ListValue(STRING, made)


# Ours


@dataclass(frozen=True, slots=True, order=True)
class _Span:
    """The addresses of a network, or of a range: numbers, both ends included."""

    version: int
    first: int
    last: int

    def holds(self, other: _Span) -> bool:
        return self.version == other.version and self.first <= other.first and other.last <= self.last

    def meets(self, other: _Span) -> bool:
        return self.version == other.version and self.first <= other.last and other.first <= self.last


def _unmapped(network: Network) -> Network:
    """The IPv4 network that an IPv6 one of mapped addresses stands for."""
    if isinstance(network, ipaddress.IPv6Network) and network.prefixlen >= 96:
        mapped = network.network_address.ipv4_mapped
        if mapped is not None:
            return ipaddress.IPv4Network((mapped, network.prefixlen - 96))
    return network


def _span(text: str, argument: int) -> _Span:
    """Of an address, a network, or a range ``FIRST-LAST``. Raises `FunctionError`."""
    first, dash, last = text.partition("-")
    try:
        begin, end = _ends(first), _ends(last if dash else first)
    except FunctionError:
        raise FunctionError(
            f"{text} is no address, no network such as 10.1.0.0/24 and no range such as 10.1.0.10-10.1.0.19", argument
        ) from None
    if dash and ("/" in text or begin.version != end.version or begin.first > end.first):
        raise FunctionError(f"{text} is no range: write two addresses of one family, the lower one first", argument)
    return _Span(begin.version, begin.first, end.last)


def _ends(text: str) -> _Span:
    network = _unmapped(network_of(text if "/" in text else f"{text}/{128 if ':' in text else 32}"))
    return _Span(network.version, int(network.network_address), int(network.broadcast_address))


@define(REGISTRY, "cidrcontains", Param("containing_prefix", STRING), Param("contained", STRING), returns=BOOL)
def cidrcontains(containing: str, contained: str) -> LanguageValue:
    """Whether the network `containing_prefix` holds all of `contained`: an address, a network or a range."""
    network_of(containing)
    outer, inner = _span(containing, 0), _span(contained, 1)
    if outer.version != inner.version:
        raise FunctionError(f"{containing} and {contained} are not both IPv4 or both IPv6")
    return outer.holds(inner)


@define(REGISTRY, "cidroverlaps", Param("a", STRING), Param("b", STRING), returns=BOOL)
def cidroverlaps(a: str, b: str) -> LanguageValue:
    """Whether `a` and `b`, networks, addresses or ranges, have an address in common. Two families never have."""
    return _span(a, 0).meets(_span(b, 1))


@define(
    REGISTRY,
    "cidrfree",
    Param("pool", STRING),
    Param("used", ListType(STRING), whole=True),
    Param("prefixlen", NUMBER),
    Param("count", NUMBER),
    returns=ListType(STRING),
)
def cidrfree(pool: str, used: ListValue, prefixlen: Number, count: Number) -> LanguageValue:
    """The first `count` subnets of length `prefixlen` in the network `pool` that overlap none of `used`."""
    network, length, wanted = _unmapped(network_of(pool)), whole(prefixlen, 2), whole(count, 3)
    if not network.prefixlen <= length <= network.max_prefixlen:
        raise FunctionError(
            f"a subnet of {pool} has a prefix length from {network.prefixlen} to {network.max_prefixlen}", 2
        )
    if not 0 <= wanted <= _MAX_FREE:
        raise FunctionError(f"the count must be from 0 to {_MAX_FREE}", 3)
    taken = sorted(span for span in map(_used, used.items) if span.version == network.version)
    made = list(islice(_free(network, length, taken), wanted))
    if len(made) < wanted:
        raise FunctionError(f"there is room for only {len(made)} of {wanted} subnets of length {length} in {pool}")
    return ListValue(STRING, made)


def _used(item: LanguageValue) -> _Span:
    if not isinstance(item, str):
        raise FunctionError("a network in use must not be null", 1)
    return _span(item, 1)


def _free(pool: Network, length: int, taken: list[_Span]) -> Iterator[str]:
    """The free subnets in ascending order; ``taken`` is sorted."""
    size = 1 << (pool.max_prefixlen - length)
    at, end = int(pool.network_address), int(pool.broadcast_address) + 1
    for span in [*taken, _Span(pool.version, end, end)]:
        while at + size <= min(span.first, end):
            yield str(type(pool)((at, length)))
            at += size
        at = max(at, (span.last // size + 1) * size)


@define(REGISTRY, "macaddr", Param("seed", STRING), returns=STRING)
def macaddr(seed: str) -> LanguageValue:
    """A MAC address in QEMU's range 52:54:00, always the same for the same `seed`."""
    digest = hashlib.sha256(b"kvmplan macaddr\0" + seed.encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])
