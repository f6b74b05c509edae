"""What a person calls a block that is there: `inet edge`, `inet edge input`, `inet edge input handle 7`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kvmplan_nftables.blocks.names import TABLE_FAMILIES
from kvmplan_nftables.table.pieces import MARKS, TableName

_RULE = re.compile(r"(\d{1,18})(?: order ([1-9]\d{0,3}))?")
_TABLE_WORDS = 2


@dataclass(frozen=True, slots=True)
class Identifier:
    """``name``: of the object in its table, empty for the table itself; of a rule, its chain. ``handle`` and ``order``:
    of a rule; the order that it shall have, 0 for none.
    """

    table: TableName
    name: str = ""
    handle: int = 0
    order: int = 0

    def __str__(self) -> str:
        handle = f"handle {self.handle}" if self.handle else ""
        order = f"order {self.order}" if self.order else ""
        return " ".join(filter(None, (*self.table, self.name, handle, order)))


def parse_table_name(text: str) -> TableName:
    """Raises `ValueError`."""
    words = text.split()
    if len(words) != _TABLE_WORDS or words[0] not in TABLE_FAMILIES:
        raise ValueError(f'"{text}" is no table: write its family and its name, as in "inet edge"')
    if words[1] == MARKS:
        raise ValueError(f"table {text} is kvmplan's own: what is in it is described by resources of their own")
    return words[0], words[1]


def parse_identifier(text: str, type_: str) -> Identifier:
    """Raises `ValueError`."""
    what = type_.removeprefix("nftables_")
    words = text.split(maxsplit=3)
    shape = {"table": 2, "rule": 4}.get(what, 3)
    example = {"table": "inet edge", "rule": "inet edge input handle 7"}.get(what, f"inet edge NAME, of a {what}")
    rule = _RULE.fullmatch(words[3].removeprefix("handle ")) if what == "rule" and len(words) == shape else None
    if len(words) != shape or (what == "rule" and rule is None):
        listed = " (`nft -a list ruleset` shows handles)" if what == "rule" else ""
        raise ValueError(f'"{text}" names no {what}: write it as in "{example}"{listed}')
    table, name = parse_table_name(" ".join(words[:2])), words[2] if len(words) > _TABLE_WORDS else ""
    if name == MARKS:
        raise ValueError(f'"{name}" is what kvmplan itself keeps in table {" ".join(table)}')
    return Identifier(table, name, int(rule[1]) if rule else 0, int(rule[2] or 0) if rule else 0)
