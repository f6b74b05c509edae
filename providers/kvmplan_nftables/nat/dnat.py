"""``nftables_dnat``: what goes to an address goes to another one."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.nat import attributes
from kvmplan_nftables.nat.forward import PROTOCOLS, Forward, Mapping, items
from kvmplan_nftables.nat.match import addressed, asked, by, flags, nets, not_empty, of_family, parse_span, to
from kvmplan_nftables.parts import merged, parse_interface, parse_net, parse_port, parse_ports, valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Rule
from kvmplan_sdk import Attribute, Diagnostic, Object, ObjectSchema, PortClaim, error
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.validators import port

SCHEMA = ObjectSchema(
    doc=(
        "Sends what goes to an address, or to the host itself, to a guest: all of it (1:1 NAT), a protocol, or ports. "
        "It does not get what a `nftables_port_forward` takes. For many ports of a host, write forwards: they are "
        "entries of maps, and these are rules."
    ),
    attributes={
        "destination": Attribute(
            type=STRING,
            doc="The address or subnet that was asked for. Left out: those of the host, by `interface`.",
            validators=(valid(parse_net),),
        ),
        "interface": attributes.INTERFACE,
        "sources": attributes.SOURCES,
        "protocol": Attribute(
            type=STRING,
            doc=f"{attributes.PROTOCOL.doc} Left out: all, ICMP too.",
            validators=attributes.PROTOCOL.validators,
        ),
        "ports": attributes.PORTS,
        "to": Attribute(
            type=STRING,
            doc='The guest\'s address, or a range to choose from: `"192.168.150.10-192.168.150.19"`.',
            required=True,
            validators=(valid(parse_span),),
        ),
        "to_port": Attribute(type=NUMBER, doc="The guest's port. Left out: the same.", validators=(port,)),
        "random": attributes.FLAGS["random"],
        "persistent": attributes.FLAGS["persistent"],
    },
)
_LOOPBACK = {4: "ip daddr != 127.0.0.0/8", 6: "ip6 daddr != ::1"}


def _pieces(values: Object, owner: Owner) -> tuple[Rule, ...]:
    """For the host's own connections too, where they can be meant."""
    del owner
    span, interface, number = parse_span(values["to"]), values.get("interface"), values.get("to_port")
    version = span[0].version
    destinations = nets(values.get("destination"))
    match = (
        by("iifname", interface),
        addressed("saddr", nets(values.get("sources")), version),
        addressed("daddr", destinations, version) if destinations else f"{_LOOPBACK[version]} fib daddr type local",
        asked(values.get("protocol"), values.get("ports")),
        f"dnat {to(span, '' if number is None else str(parse_port(number)))}",
        flags(values),
    )
    text = " ".join(part for part in match if part)
    return tuple(Rule(chain, text) for chain in ("dnat_in", *(("dnat_output",) if interface is None else ())))


def dnat_as_forward(values: Object) -> Forward:
    """What known values send on, for those who judge forwards: of a subnet its first address. Raises `ValueError`."""
    destinations, number = nets(values.get("destination")), values.get("to_port")
    ports = merged(parse_ports(item) for item in items(values.get("ports"))) or [(1, 65535)]
    to_one = None if number is None else parse_ports(number)
    return Forward(
        PROTOCOLS if values.get("protocol") is None else (str(values["protocol"]),),
        tuple(Mapping(one, to_one or one) for one in ports),
        parse_span(values["to"])[0],
        destinations[0].network_address if destinations else None,
        None if values.get("interface") is None else parse_interface(values["interface"]),
        tuple(nets(values.get("sources"))),
    )


def _check(values: Object) -> Iterator[Diagnostic]:
    first, last = parse_span(values["to"])
    protocol, ports = values.get("protocol"), values.get("ports")
    yield from not_empty(values, ("sources", "ports"))
    yield from of_family(values, ("destination", "sources"), first.version, f"to, {first}")
    if protocol is None:
        for name in ("ports", "to_port"):
            if values.get(name) is not None:
                yield error("Ports without a protocol", 'Write protocol = "tcp" or another.', path=(name,))
    if values.get("destination") is None and (protocol is None or ports is None):
        yield error(
            "Everything that the host is asked",
            "Every connection to the host would go to the guest, and nobody could reach the host any more. Write "
            "protocol and ports, or the one address that is the guest's as destination.",
        )
    for net in nets(values.get("destination")):
        if first in net:
            detail = f"{first} is in {net}: what goes there would be sent there again. Write another address."
            yield error("A translation to itself", detail, path=("to",))
        if net.prefixlen == 0:
            detail = f"{net} is every address, and the guest would get whatever passes. Write a part of it."
            yield error("Everything that passes", detail, path=("destination",))
    if first == last:
        for name in ("random", "persistent"):
            if values.get(name):
                detail = f"{first} is the only address that clients can get. Leave {name} out."
                yield error(f"{name.capitalize()} without a choice", detail, path=(name,))


def _claims(values: Object) -> Iterator[PortClaim]:
    """Of one address, or of every one; what takes chosen clients only may stand beside others."""
    destinations, version = nets(values.get("destination")), parse_span(values["to"])[0].version
    if values.get("sources") is not None or any(net.num_addresses > 1 for net in destinations):
        return
    address = str(destinations[0].network_address) if destinations else {4: "0.0.0.0", 6: "::"}[version]  # noqa: S104
    for first, last in merged(parse_ports(item) for item in items(values.get("ports"))):
        yield PortClaim(str(values["protocol"]), first, address, last, str(values.get("interface") or ""))


DNAT = Kind(schema=SCHEMA, pieces=_pieces, check=_check, claims=_claims)
