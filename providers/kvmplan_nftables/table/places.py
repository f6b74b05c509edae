"""Where in its chain a rule that comes is put."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kvmplan_nftables.table.identity import rule_comment
from kvmplan_nftables.table.listing import FoundRule
from kvmplan_nftables.table.pieces import Rule

Place = tuple[str, str]
"""nft's verb, and the handle that it counts from."""
_END: Place = ("add", "")


@dataclass(frozen=True, slots=True)
class Coming:
    """``instead``: the handle of the rule in whose place it comes; ``again``: its text, comment and all, where it goes
    and comes in one batch.
    """

    rule: Rule
    address: str
    tag: str
    instead: int | None = None
    again: str = ""

    @property
    def chain(self) -> str:
        return self.rule.chain

    @property
    def text(self) -> str:
        return self.again or marked_text(self.rule, self.tag)


def marked_text(rule: Rule, tag: str, text: str = "") -> str:
    """A rule with its comment. ``text``: with what it has counted."""
    return f'{text or rule.text} comment "{rule_comment(tag, rule.digest, rule.order, rule.comment)}"'


def placed(
    coming: Sequence[Coming], found: Sequence[FoundRule], staying: Sequence[FoundRule]
) -> Iterator[tuple[Coming, Place]]:
    """Those with an order come in it, so that each finds the ones before it there."""
    yield from ((one, _END) for one in coming if not one.rule.placed)
    mine = [one for one in coming if one.rule.placed]
    if not mine:
        return
    ranks = {rule.handle: rank for rank, rule in enumerate(found)}
    ordered, ranked = defaultdict[str, list[FoundRule]](list), defaultdict[str, list[FoundRule]](list)
    for there in staying:
        ranked[there.chain].append(there)
        if there.order:
            ordered[there.chain].append(there)
    for one in sorted(mine, key=lambda one: (one.rule.order, ranks.get(one.instead or 0, len(ranks)))):
        chain, rule = one.chain, one.rule
        if rule.order:
            yield one, _before(ordered[chain], bisect_right(ordered[chain], rule.order, key=lambda there: there.order))
        elif one.instead in ranks:
            rank = ranks[one.instead or 0]
            yield one, _before(ranked[chain], bisect_right(ranked[chain], rank, key=lambda there: ranks[there.handle]))
        else:
            yield one, _before(ranked[chain], 0) if rule.first else _END


def _before(rules: Sequence[FoundRule], index: int) -> Place:
    return ("insert", f"handle {rules[index].handle} ") if index < len(rules) else _END
