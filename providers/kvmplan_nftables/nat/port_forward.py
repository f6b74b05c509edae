"""``nftables_port_forward``: a port of the host is a guest's.

Each is an element of one of the maps of `kvmplan_nftables.table.skeleton`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.parts import Address, parse_address, parse_port
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundElement
from kvmplan_nftables.table.pieces import Element
from kvmplan_sdk import Attribute, Diagnostic, Object, ObjectSchema, PortClaim, Proposal, Value, error
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.validators import ip_address as an_address
from kvmplan_sdk.validators import one_of, port
from kvmplan_sdk.values import is_known

PROTOCOLS = ("tcp", "udp")

SCHEMA = ObjectSchema(
    doc=(
        "Forwards a port of the host to a guest: for clients outside, whose address the guest sees; for the host "
        "itself; and for guests that ask by the host's address. Addresses 127.0.0.0/8 and ::1 stay the host's own."
    ),
    attributes={
        "protocol": Attribute(type=STRING, doc="`tcp` or `udp`.", default="tcp", validators=(one_of(*PROTOCOLS),)),
        "port": Attribute(type=NUMBER, doc="The port of the host.", required=True, validators=(port,)),
        "address": Attribute(
            type=STRING,
            doc="The address of the host to answer on. Left out: every one. It wins over a forward without.",
            validators=(an_address,),
        ),
        "target": Attribute(type=STRING, doc="The guest's address.", required=True, validators=(an_address,)),
        "target_port": Attribute(
            type=NUMBER, doc="The guest's port. Left out: the same as `port`.", computed=True, validators=(port,)
        ),
    },
)


@dataclass(frozen=True, slots=True)
class Forward:
    """New connections to ``port`` of ``address`` (None: any of the host's) go to ``target_port`` of ``target``."""

    protocol: str
    port: int
    address: Address | None
    target: Address
    target_port: int


def forward_of(values: Object) -> Forward | None:
    """The forward that a resource's values describe, None while some of them are unknown. Raises `ValueError`."""
    if not is_known(values):
        return None
    address, protocol = values.get("address"), str(values["protocol"])
    if protocol not in PROTOCOLS:
        raise ValueError(f"{protocol!r} is no protocol")
    number, target = parse_port(values["port"]), parse_address(values["target"])
    listens = None if address is None else parse_address(address)
    return Forward(protocol, number, listens, target, parse_port(values.get("target_port") or number))


def _pieces(values: Object, owner: Owner) -> tuple[Element, ...]:
    del owner
    forward = forward_of(values)
    assert forward is not None
    listens = [] if forward.address is None else [str(forward.address)]
    holder = f"pf{forward.target.version}{'_addr' if listens else ''}"
    key = " . ".join([*listens, forward.protocol, str(forward.port)])
    return (Element(holder, key, f"{forward.target} . {forward.target_port}"),)


def _seen(values: Object, found: Sequence[FoundElement]) -> Object | None:
    if len(found) != 1:
        return None
    *address, protocol, number = found[0].key.split(" . ")
    target, _, target_port = found[0].data.partition(" . ")
    if not number.isdecimal() or not target_port.isdecimal():
        return None
    return {
        **values,
        "protocol": protocol,
        "port": int(number),
        "address": address[0] if address else None,
        "target": target,
        "target_port": int(target_port),
    }


def _complete(proposal: Proposal) -> Object:
    values: dict[str, Value] = dict(proposal.proposed)
    if proposal.configured["target_port"] is None:
        values["target_port"] = values["port"]
    return values


def _claims(values: Object) -> Iterator[PortClaim]:
    forward = forward_of(values)
    if forward is not None:
        yield PortClaim(forward.protocol, forward.port, str(forward.address or ""))


def _check(values: Object) -> Iterator[Diagnostic]:
    forward = forward_of(values)
    if forward is None:
        return
    if forward.address is not None and forward.address.version != forward.target.version:
        detail = f"{forward.address} and {forward.target} are of different families; nft cannot translate that."
        yield error("Address and target do not go together", detail, path=("address",))
    if forward.target.is_loopback or forward.target.is_multicast or forward.target.is_unspecified:
        detail = f"{forward.target} is no guest's address: packets cannot be forwarded there."
        yield error("Invalid target", detail, path=("target",))
    if forward.address is not None and ip_address(str(forward.address)).is_loopback:
        detail = f"{forward.address} stays the host's own; a forward there would never be used. Leave it out."
        yield error("Invalid listen address", detail, path=("address",))


PORT_FORWARD = Kind(schema=SCHEMA, pieces=_pieces, complete=_complete, check=_check, claims=_claims, seen=_seen)
