"""A forward: what its values say, and the elements that it is made of, of the maps of `table.translation`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from kvmplan_nftables.parts import (
    Address,
    Network,
    Ports,
    collapsed,
    merged,
    parse_address,
    parse_looked_up,
    parse_net,
    parse_port,
    parse_ports,
    spelled,
)
from kvmplan_nftables.table.pieces import Element
from kvmplan_nftables.table.translation import Shape, map_name
from kvmplan_sdk import Object, Value

PROTOCOLS = ("tcp", "udp", "sctp")
_ANYBODY = {4: "0.0.0.0/0", 6: "::/0"}


@dataclass(frozen=True, slots=True)
class Mapping:
    """``ports`` of the host and those of the guest: as many, or one for all."""

    ports: Ports
    targets: Ports

    @property
    def size(self) -> int:
        return self.ports[1] - self.ports[0] + 1

    @property
    def shifts(self) -> bool:
        """Whether nft has to be told port by port."""
        return self.size > 1 and self.targets[1] > self.targets[0] and self.ports != self.targets

    def single(self) -> Iterator[Mapping]:
        for offset in range(self.size):
            port, target = self.ports[0] + offset, self.targets[0] + offset
            yield Mapping((port, port), (target, target))


@dataclass(frozen=True, slots=True)
class Forward:
    """New connections to ``mappings``' ports go to ``target``: of ``address``, or by ``interface``, or (both None) of
    any address of the host; from ``sources``, or (empty) from anybody.
    """

    protocols: tuple[str, ...]
    mappings: tuple[Mapping, ...]
    target: Address
    address: Address | None = None
    interface: str | None = None
    sources: tuple[Network, ...] = ()

    def takes(self, protocol: str, port: int) -> bool:
        return protocol in self.protocols and any(one.ports[0] <= port <= one.ports[1] for one in self.mappings)

    @property
    def is_whole(self) -> bool:
        """Whether it takes everything, of whichever protocol and port."""
        return self.protocols == PROTOCOLS and self.mappings[0].ports == (1, 65535) == self.mappings[0].targets

    @property
    def ports(self) -> Sequence[Ports]:
        """The ports of the host, in order."""
        return merged(one.ports for one in self.mappings)

    @property
    def size(self) -> int:
        """How many elements it takes."""
        lines = sum(one.size if one.shifts else 1 for one in self.mappings)
        return len(self.protocols) * lines * max(len(self.sources), 1)


def forward_of(values: Object) -> Forward:
    """The forward that a resource's known values describe. Raises `ValueError`."""
    target = parse_address(values["target"])
    address, interface = values.get("address"), values.get("interface")
    return Forward(
        protocols_of(values),
        tuple(mappings_of(values)),
        target,
        None if address is None else parse_address(address),
        None if interface is None else parse_looked_up(interface),
        _sources(values, target.version),
    )


def _sources(values: Object, version: int) -> tuple[Network, ...]:
    written = items(values.get("sources"))
    return tuple(collapsed(map(parse_net, written), version)) if written else ()


def protocols_of(values: Object) -> tuple[str, ...]:
    several = values.get("protocols")
    found = [values["protocol"]] if several is None else items(several)
    for protocol in found:
        if protocol not in PROTOCOLS:
            raise ValueError(f"{protocol!r} is no protocol with ports: write one of {', '.join(PROTOCOLS)}")
    return tuple(sorted(set(map(str, found))))


def mappings_of(values: Object) -> Iterator[Mapping]:
    """Raises `ValueError` where there are not as many of the guest's ports as of the host's."""
    one_for_all, targets = values.get("target_port"), values.get("target_ports")
    written = [values["port"]] if values.get("ports") is None else items(values["ports"])
    ports = [parse_ports(item) for item in written]
    if targets is not None:
        there = [parse_ports(item) for item in items(targets)]
        if list(map(_size, ports)) != list(map(_size, there)):
            raise ValueError("target_ports has to have as many ports as ports, item by item, in the same order")
        yield from map(Mapping, ports, there)
    elif one_for_all is not None:
        target = parse_port(one_for_all)
        yield from (Mapping(one, (target, target)) for one in ports)
    else:
        yield from (Mapping(one, one) for one in merged(ports))


def elements(forward: Forward) -> Iterator[Element]:
    for protocol, mapping in product(forward.protocols, forward.mappings):
        for one in mapping.single() if mapping.shifts else (mapping,):
            yield from _elements(forward, protocol, one)


def _elements(forward: Forward, protocol: str, mapping: Mapping) -> Iterator[Element]:
    shape: Shape = "keep" if mapping.ports == mapping.targets else "range"
    sources: list[str] = [spelled(source) for source in forward.sources] or [_ANYBODY[forward.target.version]]
    if mapping.size == 1 and not forward.sources:
        shape, sources = "", [""]
    listens = str(forward.address or forward.interface or "")
    holder = map_name(forward.target.version, "addr" if forward.address else "if" if forward.interface else "", shape)
    data = str(forward.target) if shape == "keep" else f"{forward.target} . {mapping.targets[0]}"
    for source in sources:
        key = (source, listens, protocol, spelled_ports(mapping.ports))
        yield Element(holder, " . ".join(part for part in key if part), data)


def spelled_ports(ports: Ports) -> str:
    return str(ports[0]) if ports[0] == ports[1] else f"{ports[0]}-{ports[1]}"


def items(value: Value) -> Sequence[Value]:
    return value if isinstance(value, (list, tuple)) else ()


def _size(ports: Ports) -> int:
    return ports[1] - ports[0]
