"""Parts of the rules of address translation: whose packets, and to which address and port."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kvmplan_nftables.nat.forward import PROTOCOLS, items, spelled_ports
from kvmplan_nftables.parts import (
    FAMILIES,
    Address,
    Network,
    braced,
    collapsed,
    merged,
    parse_address,
    parse_interface,
    parse_net,
    parse_ports,
    spelled,
)
from kvmplan_sdk import Diagnostic, Object, Value, error

_FLAGS = {"random": "random", "fully_random": "fully-random", "persistent": "persistent"}


def nets(value: Value) -> list[Network]:
    """Of an attribute with one or several addresses and subnets."""
    return [parse_net(item) for item in ([value] if isinstance(value, str) else items(value))]


def addressed(side: str, networks: Iterable[Network], version: int, unless: bool = False) -> str:
    """``side``: ``saddr`` or ``daddr``. Nothing where there are no networks."""
    found = [spelled(net) for net in collapsed(networks, version)]
    return f"{FAMILIES[version]} {side} {'!= ' if unless else ''}{braced(found)}" if found else ""


def by(direction: str, interface: Value) -> str:
    """``direction``: ``iifname`` or ``oifname``."""
    return "" if interface is None else f'{direction} "{parse_interface(interface)}"'


def asked(protocol: Value, ports: Value) -> str:
    """Connections of ``protocol`` to one of ``ports``."""
    if protocol is None:
        return ""
    if protocol not in PROTOCOLS:
        raise ValueError(f"{protocol!r} is no protocol with ports: write one of {', '.join(PROTOCOLS)}")
    found = merged(parse_ports(item) for item in items(ports))
    return f"{protocol} dport {braced(map(spelled_ports, found))}" if found else f"meta l4proto {protocol}"


def parse_span(value: object) -> tuple[Address, Address]:
    """An address, or the first and the last of a range of addresses."""
    first, dash, last = str(value).partition("-")
    span = parse_address(first), parse_address(last if dash else first)
    if span[0].version != span[1].version or int(span[0]) > int(span[1]):
        raise ValueError(f'{value!r} is no range of addresses: write the lower one first, "10.0.0.1-10.0.0.9"')
    return span


def to(span: tuple[Address, Address] | None, ports: str = "") -> str:
    """What stands after ``to``; the family that it needs stands before."""
    if span is None:
        return f"to :{ports}" if ports else ""
    first, last = (f"[{one}]" if ports and one.version == 6 else str(one) for one in span)
    address = first if first == last else f"{first}-{last}"
    return f"{FAMILIES[span[0].version]} to {address}{f':{ports}' if ports else ''}"


def flags(values: Object) -> str:
    return ",".join(text for name, text in _FLAGS.items() if values.get(name))


def rules(match: Iterable[str], statement: str, values: Object, span: tuple[Address, Address] | None) -> Iterator[str]:
    """The source of what ``match`` says is translated, to ``to_ports`` where that is known of the protocol: what has no
    ports is translated all the same.
    """
    ports = values.get("to_ports")
    found = " ".join(part for part in match if part)
    ending = flags(values)
    if ports is not None:
        told = to(span, spelled_ports(parse_ports(ports)))
        yield f"{found} meta l4proto {{ tcp, udp, sctp }} {statement} {told} {ending}".strip()
    yield " ".join(part for part in (found, statement, to(span), ending) if part)


def flags_apart(values: Object) -> Iterator[Diagnostic]:
    if values.get("random") and values.get("fully_random"):
        detail = "fully_random is random already, without a hash of the address. Keep one of them."
        yield error("Both random and fully_random", detail, path=("fully_random",))


def of_family(values: Object, names: Iterable[str], version: int, what: str) -> Iterator[Diagnostic]:
    """What is of another family than ``what``."""
    for name in names:
        for net in nets(values.get(name)):
            if net.version != version:
                detail = f"{net} is of another family than {what}; nft cannot translate from one to the other."
                yield error("Families do not go together", detail, path=(name,))


def not_empty(values: Object, names: Iterable[str]) -> Iterator[Diagnostic]:
    for name in names:
        if values.get(name) == []:
            yield error(f"Empty {name}", f"{name} is empty, which nothing would meet. Leave it out.", path=(name,))
