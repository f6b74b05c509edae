"""What the table holds: forwards and masquerades as values that cannot carry anything but addresses and numbers.

Everything nft is told about an object is formatted here, from parsed parts; no text of the user's gets through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from kvmplan_sdk import Object, Value
from kvmplan_sdk.values import is_known

PROTOCOLS = ("tcp", "udp")
INTERFACE = re.compile(r"[A-Za-z0-9_.@-]{1,15}")
"""Interface names that nft takes as they are: no quotes, wildcards or backslashes."""

Command = tuple[str, str]
"""A command on a map and the element that it is about, so that many can go together; or nothing and all of it."""


@dataclass(frozen=True, slots=True)
class Forward:
    """New connections to ``port`` of ``address`` (None: any of the host's) go to ``target_port`` of ``target``."""

    protocol: str
    port: int
    address: IPv4Address | IPv6Address | None
    target: IPv4Address | IPv6Address
    target_port: int

    @property
    def map(self) -> str:
        """The map of `skeleton` that it is an element of."""
        return f"pf{self.target.version}" + ("" if self.address is None else "_addr")

    @property
    def key(self) -> str:
        return " . ".join(map(str, ([] if self.address is None else [self.address]) + [self.protocol, self.port]))

    def add(self, tag: str) -> Command:
        element = f'{self.key} comment "{tag}" : {self.target} . {self.target_port}'
        return f"create element inet kvmplan {self.map}", element

    def delete(self, handle: int) -> Command:
        del handle  # elements are known by their keys
        return f"delete element inet kvmplan {self.map}", self.key


@dataclass(frozen=True, slots=True)
class Masquerade:
    """What leaves ``source``, by ``out_interface`` or else to anywhere outside it, takes the host's address."""

    source: IPv4Network | IPv6Network
    out_interface: str | None

    def add(self, tag: str) -> Command:
        family = "ip" if self.source.version == 4 else "ip6"
        where = f'oifname "{self.out_interface}"' if self.out_interface else f"{family} daddr != {self.source}"
        rule = f'{family} saddr {self.source} {where} masquerade comment "{tag}"'
        return "", f"add rule inet kvmplan postrouting {rule}"

    def delete(self, handle: int) -> Command:
        return "", f"delete rule inet kvmplan postrouting handle {handle}"


Entry = Forward | Masquerade


def entry(type_: str, values: Object) -> Entry | None:
    """The object that a resource's values describe, or None while some of them are unknown.

    Raises `ValueError` for what the schema's validators would have refused.
    """
    if not is_known(values):
        return None
    return _masquerade(values) if type_ == "nftables_masquerade" else _forward(values)


def _masquerade(values: Object) -> Masquerade:
    interface = values.get("out_interface")
    if interface is not None and not INTERFACE.fullmatch(str(interface)):
        raise ValueError(f"{interface!r} is no interface name")
    source = ip_network(str(values["source"]))
    _address(source.network_address)
    return Masquerade(source, None if interface is None else str(interface))


def _forward(values: Object) -> Forward:
    address, protocol = values.get("address"), str(values["protocol"])
    if protocol not in PROTOCOLS:
        raise ValueError(f"{protocol!r} is no protocol")
    port, target = _port(values["port"]), _address(values["target"])
    target_port = _port(values.get("target_port") or port)
    return Forward(protocol, port, None if address is None else _address(address), target, target_port)


def _port(value: Value) -> int:
    number = int(str(value))
    if not 1 <= number <= 65535:
        raise ValueError(f"{number} is no port")
    return number


def _address(value: object) -> IPv4Address | IPv6Address:
    address = ip_address(str(value))
    if "%" in str(address):
        raise ValueError(f"{address} has a zone, which nft does not take")
    return address


def values_of(found: Entry) -> Object:
    """The values of a resource that describe ``found``, in canonical spelling."""
    if isinstance(found, Masquerade):
        return {"source": str(found.source), "out_interface": found.out_interface}
    return {
        "protocol": found.protocol,
        "port": found.port,
        "address": None if found.address is None else str(found.address),
        "target": str(found.target),
        "target_port": found.target_port,
    }
