"""``nftables_table``: a table of the user's own."""

from __future__ import annotations

from kvmplan_nftables.blocks.names import APPLIES, TABLE_FAMILIES, own_name, parse_table
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import MARKS, Named, Piece, marker
from kvmplan_sdk import Attribute, Impact, ImpactLevel, Object, ObjectSchema
from kvmplan_sdk.schema import BOOL, STRING
from kvmplan_sdk.validators import one_of

SCHEMA = ObjectSchema(
    doc=(
        "A table for building blocks. Its chain `kvmplan`, which no packet passes, says what in it is whose: nft does "
        "not list the comments of tables and chains."
    ),
    attributes={
        "family": Attribute(
            type=STRING,
            doc="`inet`, `ip`, `ip6`, `arp`, `bridge` or `netdev`.",
            default="inet",
            validators=(one_of(*TABLE_FAMILIES),),
        ),
        "name": Attribute(type=STRING, doc="The table's name.", required=True, validators=(own_name("table"),)),
        "dormant": Attribute(type=BOOL, doc="Whether its chains see no packets: nft's `flags dormant`.", default=False),
    },
)


def _pieces(values: Object, owner: Owner) -> tuple[Piece, ...]:
    del owner
    table = parse_table({"family": values["family"], "table": values["name"]})
    flags = "flags dormant ;" if values["dormant"] else ""
    made = Named("table", table[1], flags, {"dormant": bool(flags)}, table, frozenset({"dormant"}), marked=True)
    return made, Named("chain", MARKS, table=table), marker(table, "table", table[1])


TABLE = Kind(
    schema=SCHEMA,
    pieces=_pieces,
    impacts=dict.fromkeys(("family", "name", "dormant"), APPLIES),
    removed=Impact(ImpactLevel.LIVE, why="the table goes with all that is in it", steps=("nft -f",)),
)
