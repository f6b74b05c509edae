"""``nftables_masquerade``: what leaves a subnet takes the host's address."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_nftables.kind import Kind
from kvmplan_nftables.nat import attributes
from kvmplan_nftables.nat.match import addressed, by, flags_apart, nets, not_empty, of_family, rules
from kvmplan_nftables.parts import parse_network
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Rule
from kvmplan_sdk import Diagnostic, Object, ObjectSchema

SCHEMA = ObjectSchema(
    doc=(
        "Lets a subnet's guests reach the outside with the host's address (NAT). Give it to libvirt networks of mode "
        "`open`, whose packets libvirt leaves alone."
    ),
    attributes={
        "source": attributes.SOURCE,
        "out_interface": attributes.OUT_INTERFACE,
        "except_destinations": attributes.EXCEPT_DESTINATIONS,
        "to_ports": attributes.TO_PORTS,
        **attributes.FLAGS,
    },
)


def _pieces(values: Object, owner: Owner) -> tuple[Rule, ...]:
    del owner
    source, interface = parse_network(values["source"]), values.get("out_interface")
    kept = nets(values.get("except_destinations"))
    match = (
        addressed("saddr", [source], source.version),
        addressed("daddr", kept if interface is not None else [source, *kept], source.version, unless=True),
        by("oifname", interface),
    )
    return tuple(Rule("postrouting", text) for text in rules(match, "masquerade", values, None))


def _check(values: Object) -> Iterator[Diagnostic]:
    source = parse_network(values["source"])
    yield from not_empty(values, ("except_destinations",))
    yield from of_family(values, ("except_destinations",), source.version, f"source, {source}")
    yield from flags_apart(values)


MASQUERADE = Kind(schema=SCHEMA, pieces=_pieces, check=_check)
