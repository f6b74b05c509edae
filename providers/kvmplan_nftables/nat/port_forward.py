"""``nftables_port_forward``: ports of the host are a guest's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kvmplan_nftables.kind import REROUTES, Kind
from kvmplan_nftables.nat.forward import PROTOCOLS, elements, forward_of, items, mappings_of
from kvmplan_nftables.nat.found import seen
from kvmplan_nftables.parts import parse_looked_up, parse_net, parse_ports, valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundElement
from kvmplan_nftables.table.pieces import Element
from kvmplan_sdk import NO_IMPACT, Attribute, Diagnostic, Object, ObjectSchema, PortClaim, Proposal, Value, error
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.types import ListType, SetType
from kvmplan_sdk.validators import ip_address as an_address
from kvmplan_sdk.validators import one_of, port
from kvmplan_sdk.values import UNKNOWN

MOST = 20_000
"""Elements of one forward: more than any sensible one, fewer than a slip of the hand."""


def _protocols(value: Value) -> str | None:
    told = (one_of(*PROTOCOLS)(item) for item in items(value))
    return next((problem for problem in told if problem), None)


SCHEMA = ObjectSchema(
    doc=(
        "Forwards ports of the host to a guest: for clients outside, whose address the guest sees; for the host "
        "itself; and for guests that ask by the host's address. Addresses 127.0.0.0/8 and ::1 stay the host's own."
    ),
    attributes={
        "protocol": Attribute(
            type=STRING,
            doc="`tcp`, `udp` or `sctp`. Left out: `tcp`.",
            computed=True,
            validators=(one_of(*PROTOCOLS),),
        ),
        "protocols": Attribute(
            type=SetType(STRING), doc="Several protocols, in place of `protocol`.", validators=(_protocols,)
        ),
        "port": Attribute(type=NUMBER, doc="The port of the host.", validators=(port,)),
        "ports": Attribute(
            type=ListType(STRING),
            doc='Ports and ranges of the host, in place of `port`: `["80", "9000-9010"]`.',
            validators=(valid(parse_ports),),
        ),
        "address": Attribute(
            type=STRING,
            doc="The address of the host to answer on. Left out: every one. It wins over a forward without.",
            validators=(an_address,),
        ),
        "interface": Attribute(
            type=STRING,
            doc=(
                "Answer, on every address of the host, only what comes in by this interface; the host itself does "
                "not. It wins over a forward without."
            ),
            validators=(valid(parse_looked_up),),
        ),
        "sources": Attribute(
            type=SetType(STRING),
            doc="Addresses and subnets of the clients that are forwarded; others meet the host itself. Left out: all.",
            validators=(valid(parse_net),),
        ),
        "target": Attribute(type=STRING, doc="The guest's address.", required=True, validators=(an_address,)),
        "target_port": Attribute(
            type=NUMBER,
            doc="The guest's port. Left out: the same as the host's. With `ports`, one for all of them.",
            computed=True,
            validators=(port,),
        ),
        "target_ports": Attribute(
            type=ListType(STRING),
            doc='The guest\'s ports, item by item as many as `ports`: `["8080", "9100-9110"]`.',
            validators=(valid(parse_ports),),
        ),
        "description": Attribute(type=STRING, doc="For people. It is kept in the state, not on the host."),
    },
)


def _pieces(values: Object, owner: Owner) -> tuple[Element, ...]:
    del owner
    return tuple(elements(forward_of(values)))


def _complete(proposal: Proposal) -> Object:
    values: dict[str, Value] = dict(proposal.proposed)
    if proposal.configured["protocol"] is None:
        values["protocol"] = _left_out(values["protocols"], "tcp")
    if proposal.configured["target_port"] is None:
        values["target_port"] = values["port"]
    return values


def _left_out(instead: Value, default: Value) -> Value:
    """The default of what is left out, None where ``instead`` is written in its place."""
    return UNKNOWN if instead is UNKNOWN else default if instead is None else None


def _claims(values: Object) -> Iterator[PortClaim]:
    forward = forward_of(values)
    anywhere = {4: "0.0.0.0", 6: "::"}[forward.target.version]  # noqa: S104
    for protocol in forward.protocols:
        for first, last in forward.ports:
            place = str(forward.address or anywhere)
            yield PortClaim(protocol, first, place, last, forward.interface or "", forward.sources)


def _check(values: Object) -> Iterator[Diagnostic]:
    written = [*_written(values)]
    yield from written
    if not written:
        yield from _mapped(values)


def _written(values: Object) -> Iterator[Diagnostic]:
    """What must not be written together, or not be left out."""
    for one, other in (
        ("port", "ports"),
        ("protocol", "protocols"),
        ("address", "interface"),
        ("target_port", "target_ports"),
    ):
        if values.get(one) is not None and values.get(other) is not None:
            yield error(f"Both {one} and {other}", f"Write {one} or {other}, not both.", path=(other,))
    if values.get("port") is None and values.get("ports") is None:
        yield error("No port", 'Write port = 8080, or ports = ["8080", "9000-9010"].')
    for name in ("ports", "protocols", "sources", "target_ports"):
        if values.get(name) is not None and not items(values[name]):
            yield error(f"Empty {name}", f"{name} is empty: nothing would be forwarded. Leave it out.", path=(name,))
    if values.get("target_ports") is not None and values.get("ports") is None:
        yield error("target_ports without ports", "Write target_port for the one port.", path=("target_ports",))


def _mapped(values: Object) -> Iterator[Diagnostic]:
    seen_ports: list[tuple[int, int]] = []
    for index, item in enumerate(items(values.get("ports"))):
        first, last = parse_ports(item)
        if any(first <= high and low <= last for low, high in seen_ports):
            yield error("A port written twice", f"{item} is in ports before.", path=("ports", index))
        seen_ports.append((first, last))
    try:
        list(mappings_of(values))
    except ValueError as problem:
        yield error("Ports do not go together", f"{problem}.", path=("target_ports",))
        return
    yield from _addresses(values)


def _addresses(values: Object) -> Iterator[Diagnostic]:
    forward = forward_of(values)
    if forward.address is not None and forward.address.version != forward.target.version:
        detail = f"{forward.address} and {forward.target} are of different families; nft cannot translate that."
        yield error("Address and target do not go together", detail, path=("address",))
    if forward.target.is_loopback or forward.target.is_multicast or forward.target.is_unspecified:
        detail = f"{forward.target} is no guest's address: packets cannot be forwarded there."
        yield error("Invalid target", detail, path=("target",))
    if forward.address is not None and (forward.address.is_loopback or forward.address.is_unspecified):
        detail = f"A forward on {forward.address} would never be used. Leave it out, or write an address of the host."
        yield error("Invalid listen address", detail, path=("address",))
    if forward.address == forward.target:
        detail = f"What comes to {forward.target} is there already. Write the guest's address."
        yield error("A forward to itself", detail, path=("target",))
    for index, item in enumerate(items(values.get("sources"))):
        if (source := parse_net(item)).version != forward.target.version:
            detail = f"Nobody of {source} can be forwarded to {forward.target}, which is of the other family."
            yield error("Source and target do not go together", detail, path=("sources", index))
    if forward.size > MOST:
        detail = (
            f"It takes {forward.size} entries, and {MOST} is the most. Forward ranges to the same ports (without "
            "target_ports), or to fewer sources: then one entry is enough for a range."
        )
        yield error("A forward of too many entries", detail, path=("ports",))


def _seen(values: Object, found: Sequence[FoundElement]) -> Object | None:
    return seen(values, found, lambda changed: _pieces(changed, Owner("", "")))


PORT_FORWARD = Kind(
    schema=SCHEMA,
    pieces=_pieces,
    impacts={**dict.fromkeys(SCHEMA.attributes, REROUTES), "description": NO_IMPACT},
    complete=_complete,
    check=_check,
    claims=_claims,
    seen=_seen,
)
