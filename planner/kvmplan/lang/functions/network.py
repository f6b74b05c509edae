"""Functions of addresses: subnets, hosts, MAC addresses."""

from __future__ import annotations

import hashlib
import ipaddress
import re

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
        if "%" in text or not (length.isascii() and length.isdigit()):
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


def _network_or_address(text: str, argument: int) -> Network:
    if "/" in text:
        return network_of(text, argument)
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        raise FunctionError(f"{text} is neither an address nor a network in CIDR notation", argument) from None


def _inside(inner: Network, outer: Network) -> bool:
    if inner.version != outer.version:
        return False
    first, last = int(inner.network_address), int(inner.broadcast_address)
    return int(outer.network_address) <= first and last <= int(outer.broadcast_address)


@define(REGISTRY, "cidrcontains", Param("containing_prefix", STRING), Param("contained", STRING), returns=BOOL)
def cidrcontains(containing: str, contained: str) -> LanguageValue:
    """Whether the network `containing_prefix` holds all of `contained`, an address or a network."""
    outer, inner = network_of(containing), _network_or_address(contained, 1)
    if outer.version != inner.version:
        raise FunctionError(f"{containing} and {contained} are not both IPv4 or both IPv6")
    return _inside(inner, outer)


@define(REGISTRY, "cidroverlaps", Param("a", STRING), Param("b", STRING), returns=BOOL)
def cidroverlaps(a: str, b: str) -> LanguageValue:
    """Whether the networks `a` and `b` have an address in common. Networks of different families never have."""
    first, second = network_of(a), network_of(b, 1)
    return _inside(first, second) or _inside(second, first)


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
    network, length, wanted = network_of(pool), whole(prefixlen, 2), whole(count, 3)
    if not network.prefixlen <= length <= network.max_prefixlen:
        raise FunctionError(
            f"a subnet of {pool} has a prefix length from {network.prefixlen} to {network.max_prefixlen}", 2
        )
    if not 0 <= wanted <= _MAX_FREE:
        raise FunctionError(f"the count must be from 0 to {_MAX_FREE}", 3)
    taken = sorted(_spans(used, network))
    size = 1 << (network.max_prefixlen - length)
    at, end = int(network.network_address), int(network.broadcast_address) + 1
    made: list[LanguageValue] = []
    while len(made) < wanted:
        if at + size > end:
            raise FunctionError(f"only {len(made)} subnets of length {length} are free in {pool}, not {wanted}")
        while taken and taken[0][1] < at:
            taken.pop(0)
        if taken and taken[0][0] < at + size:
            at = (taken[0][1] // size + 1) * size
            continue
        made.append(str(type(network)((at, length))))
        at += size
    return ListValue(STRING, made)


def _spans(used: ListValue, pool: Network) -> list[tuple[int, int]]:
    """First and last address of each network in use, of the pool's family."""
    made = []
    for item in used.items:
        if not isinstance(item, str):
            raise FunctionError("a network in use must not be null", 1)
        network = _network_or_address(item, 1)
        if network.version == pool.version:
            made.append((int(network.network_address), int(network.broadcast_address)))
    return made


@define(REGISTRY, "macaddr", Param("seed", STRING), returns=STRING)
def macaddr(seed: str) -> LanguageValue:
    """A MAC address in QEMU's range 52:54:00, always the same for the same `seed`."""
    digest = hashlib.sha256(b"kvmplan macaddr\0" + seed.encode()).digest()
    return "52:54:00:" + ":".join(f"{byte:02x}" for byte in digest[:3])
