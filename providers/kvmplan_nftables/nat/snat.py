"""``nftables_snat``: what leaves a subnet takes an address that is chosen."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.nat import attributes
from kvmplan_nftables.nat.match import addressed, by, flags_apart, nets, not_empty, of_family, parse_span, rules
from kvmplan_nftables.parts import parse_net, parse_network, valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Rule
from kvmplan_sdk import Attribute, Diagnostic, Object, ObjectSchema, error
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.types import SetType

SCHEMA = ObjectSchema(
    doc=(
        "Lets a subnet's guests, or one guest, reach the outside with an address of the host that you choose. It wins "
        "over `nftables_masquerade`, and that of a smaller subnet over that of a larger one."
    ),
    attributes={
        "source": attributes.SOURCE,
        "out_interface": attributes.OUT_INTERFACE,
        "destinations": Attribute(
            type=SetType(STRING), doc="Only what goes to these addresses and subnets.", validators=(valid(parse_net),)
        ),
        "except_destinations": attributes.EXCEPT_DESTINATIONS,
        "to": Attribute(
            type=STRING,
            doc='The address to take, or a range to choose from: `"203.0.113.5"`, `"203.0.113.5-203.0.113.9"`.',
            required=True,
            validators=(valid(parse_span),),
        ),
        "to_ports": attributes.TO_PORTS,
        **attributes.FLAGS,
    },
)


def _pieces(values: Object, owner: Owner) -> tuple[Rule, ...]:
    del owner
    source, interface = parse_network(values["source"]), values.get("out_interface")
    wanted, kept = nets(values.get("destinations")), nets(values.get("except_destinations"))
    if interface is None and not wanted:
        kept = [source, *kept]
    match = (
        addressed("saddr", [source], source.version),
        addressed("daddr", wanted, source.version),
        addressed("daddr", kept, source.version, unless=True),
        by("oifname", interface),
    )
    texts = rules(match, "snat", values, parse_span(values["to"]))
    # The rules of smaller subnets come first, and win.
    order = 1 + source.max_prefixlen - source.prefixlen
    return tuple(Rule("snat_out", text, placed=True, order=order) for text in texts)


def _check(values: Object) -> Iterator[Diagnostic]:
    source, (first, last) = parse_network(values["source"]), parse_span(values["to"])
    names = ("destinations", "except_destinations")
    yield from not_empty(values, names)
    yield from of_family(values, names, source.version, f"source, {source}")
    if first.version != source.version:
        detail = f"{source} and {first} are of different families; nft cannot translate that."
        yield error("Families do not go together", detail, path=("to",))
    yield from flags_apart(values)
    if values.get("persistent") and first == last:
        detail = f"{first} is the only address that clients can get. Leave persistent out."
        yield error("Persistent without a choice", detail, path=("persistent",))


SNAT = Kind(schema=SCHEMA, pieces=_pieces, check=_check)
