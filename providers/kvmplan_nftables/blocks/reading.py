"""The user's rules as they read now. nft lists a rule otherwise than it was told, so what it lists in the look after
an apply is kept with the resource as a digest (`table.rewritten`), and compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kvmplan_nftables.blocks.rule import RULE
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundRule, Listings
from kvmplan_nftables.table.pieces import TableName
from kvmplan_nftables.table.rewritten import LISTED, by_hand, listed
from kvmplan_nftables.table.texts import Texts, parse_texts, parted
from kvmplan_sdk import Host, Known, Object, Observed
from kvmplan_sdk.host import check

BY_HAND = "(changed by hand)"


@dataclass(frozen=True, slots=True)
class Printed:
    """What nft prints of tables, each asked for once. ``counted``: with what was counted."""

    host: Host
    counted: bool = False
    _known: dict[TableName, Texts] = field(default_factory=dict)

    def of(self, table: TableName) -> Texts:
        if table not in self._known:
            options = ("-a",) if self.counted else ("-s", "-a")
            done = self.host.run(("nft", *options, "list", "table", *table))
            text = check(done, f"Listing table {' '.join(table)}").decode(errors="replace")
            self._known[table] = parse_texts(text)
        return self._known[table]


def rules_as_written(
    known: Mapping[int, Known], found: Sequence[Observed | None], lineage: str, listings: Listings, printed: Printed
) -> Iterator[tuple[int, Observed]]:
    """Those of ``known``, by their places in ``found``, that are there: with the text that somebody gave them since."""
    for place, one in known.items():
        now, rule = found[place], rule_of(one.values, Owner(lineage, one.address), listings)
        if now is None or not now.owned or rule is None:
            continue
        values, before, told = now.values, one.private.get(LISTED), listed(rule[1:], listings[rule[0]].version)
        changed = by_hand(before, told)
        if changed:
            values = _read_as(one, parted(printed.of(rule[0]).rules.get(rule[1].handle, ""))[0])
        yield place, replace(now, values=values, private={**one.private, LISTED: before if changed else told})


def rule_of(values: Object, owner: Owner, listings: Listings) -> tuple[TableName, FoundRule] | None:
    """The rule of a resource, with its table, if it is there."""
    for piece in RULE.pieces(values, owner):
        found = listings[piece.table].rules_of(owner.tag) if piece.table in listings else ()
        if len(found) == 1:
            return piece.table, found[0]
    return None


def _read_as(known: Known, text: str) -> Object:
    """A rule with the text that nft prints, or one that says that it cannot be said."""
    values = {**known.values, "rule": text}
    try:
        RULE.pieces(values, Owner("", known.address))
    except ValueError:
        return {**values, "rule": BY_HAND}
    return values
