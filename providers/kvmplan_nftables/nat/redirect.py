"""``nftables_redirect``: what comes in goes to a port of the host itself."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.nat import attributes
from kvmplan_nftables.nat.forward import items
from kvmplan_nftables.nat.match import addressed, asked, by, nets, not_empty, to
from kvmplan_nftables.parts import merged, parse_net, parse_port, parse_ports, valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Rule
from kvmplan_sdk import Attribute, Diagnostic, Object, ObjectSchema, PortClaim, error
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.validators import port

SCHEMA = ObjectSchema(
    doc=(
        "Sends connections that come in, to the host or through it, to a port of the host itself: to a proxy of the "
        "guests, or from a low port to a high one. The host's own connections stay as they are."
    ),
    attributes={
        "protocol": Attribute(
            type=STRING, doc=attributes.PROTOCOL.doc, default="tcp", validators=attributes.PROTOCOL.validators
        ),
        "ports": Attribute(
            type=attributes.PORTS.type, doc=attributes.PORTS.doc, required=True, validators=attributes.PORTS.validators
        ),
        "interface": attributes.INTERFACE,
        "sources": attributes.SOURCES,
        "destination": Attribute(
            type=STRING,
            doc='The address or subnet that was asked for; `"0.0.0.0/0"` is all of IPv4. Left out: the host itself.',
            validators=(valid(parse_net),),
        ),
        "to_port": Attribute(type=NUMBER, doc="The port of the host.", required=True, validators=(port,)),
    },
)


def _pieces(values: Object, owner: Owner) -> tuple[Rule, ...]:
    del owner
    sources, destinations = nets(values.get("sources")), nets(values.get("destination"))
    versions = sorted({net.version for net in destinations or sources})
    return tuple(Rule("dnat_in", _text(values, version)) for version in versions or (0,))


def _text(values: Object, version: int) -> str:
    """``version``: 0 where it is the same for both."""
    destinations = nets(values.get("destination"))
    match = (
        by("iifname", values.get("interface")),
        addressed("saddr", nets(values.get("sources")), version) if version else "",
        addressed("daddr", destinations, version) if destinations else "fib daddr type local",
        asked(values["protocol"], values["ports"]),
        f"redirect {to(None, str(parse_port(values['to_port'])))}",
    )
    return " ".join(part for part in match if part)


def _check(values: Object) -> Iterator[Diagnostic]:
    yield from not_empty(values, ("sources", "ports"))
    destinations, number = nets(values.get("destination")), parse_port(values["to_port"])
    versions = {net.version for net in nets(values.get("sources"))}
    for net in destinations:
        if versions - {net.version}:
            detail = f"Sources of another family than {net} never go there. Leave them out."
            yield error("Families do not go together", detail, path=("sources",))
        if net.prefixlen == 0 and values.get("interface") is None and not versions:
            detail = "Whatever passes the host would be caught. Write interface or sources too."
            yield error("Everything that passes", detail, path=("destination",))
    if not destinations and [parse_ports(item) for item in items(values["ports"])] == [(number, number)]:
        detail = f"What the host is asked on port {number} gets there without. Write another port."
        yield error("A redirect to itself", detail, path=("to_port",))


def _claims(values: Object) -> Iterator[PortClaim]:
    """Of the host's addresses; what takes chosen clients only may stand beside others."""
    if values.get("sources") is not None or values.get("destination") is not None:
        return
    for first, last in merged(parse_ports(item) for item in items(values["ports"])):
        for address in ("0.0.0.0", "::"):  # noqa: S104
            yield PortClaim(str(values["protocol"]), first, address, last, str(values.get("interface") or ""))


REDIRECT = Kind(schema=SCHEMA, pieces=_pieces, check=_check, claims=_claims)
