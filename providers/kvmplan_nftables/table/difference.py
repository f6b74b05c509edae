"""The lines that a table takes, by kind of command: what `batch` finds to do, in the order in which nft can do it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from kvmplan_nftables.table.listing import Listing
from kvmplan_nftables.table.pieces import TableName
from kvmplan_nftables.table.places import Coming, placed


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the batch; ``address`` is the resource it is for, empty for the tables' own parts."""

    text: str
    address: str = ""


@dataclass(slots=True)
class Difference:
    """By kind of command, in the order of the batch. Each line with its address.

    ``fresh``: the sets and maps of intervals that come, by name. nft 1.0.6 tells the kernel the elements of these
    twice, with the set and after it, unless they are said with the set; what they jump to must come before. ``again``:
    those that come in the place of others. It forgets what is said with these; told twice, ``create`` would find the
    elements there, ``add`` does not mind. ``marked``: the rules that are taken over where they are, by handle; late, as
    those that come may be placed by them. ``flagged``: the table, whose flag changes; last, as the kernel takes no base
    chain after that.
    """

    flushed: list[Line] = field(default_factory=list)
    rules_gone: list[Line] = field(default_factory=list)
    elements_gone: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    named_gone: list[tuple[str, Line]] = field(default_factory=list)
    named_come: list[tuple[str, Line]] = field(default_factory=list)
    fresh: dict[str, Line] = field(default_factory=dict)
    again: set[str] = field(default_factory=set)
    rules_again: list[Line] = field(default_factory=list)
    rules_come: list[Coming] = field(default_factory=list)
    elements_come: dict[str, list[Line]] = field(default_factory=lambda: defaultdict(list))
    gone: set[tuple[str, str]] = field(default_factory=set)
    handles_gone: set[int] = field(default_factory=set)
    marked: dict[int, Coming] = field(default_factory=dict)
    flagged: list[Line] = field(default_factory=list)

    def lines(self, name: TableName, listing: Listing) -> Iterator[Line]:
        table = " ".join(name)
        yield from self.flushed
        yield from self.rules_gone
        for holder, lines in self.elements_gone.items():
            yield from (Line(f"delete element {table} {holder} {{"), *lines, Line("}"))
        yield from (line for kind, line in sorted(self.named_gone, key=lambda item: item[0] != "chain"))
        ranks = {"table": 0, "chain": 1}
        yield from (line for kind, line in sorted(self.named_come, key=lambda item: ranks.get(item[0], 2)))
        for holder, line in self.fresh.items():
            yield from _filled(line, self.elements_come.pop(holder, ()))
        yield from self.rules_again
        chains = {item for kind, item in self.gone if kind == "chain"}
        staying = [
            replace(rule, order=self.marked[rule.handle].rule.order) if rule.handle in self.marked else rule
            for rule in listing.rules
            if rule.handle not in self.handles_gone and rule.chain not in chains
        ]
        for one, place in placed(self.rules_come, listing.rules, staying):
            yield Line(f"{place[0]} rule {table} {one.chain} {place[1]}{one.text}", one.address)
        for handle, one in self.marked.items():  # not by `replace`, of which nft 1.0.6 dies where a rule has ranges
            if handle not in self.handles_gone and one.chain not in chains:
                yield Line(f"insert rule {table} {one.chain} handle {handle} {one.text}", one.address)
                yield Line(f"delete rule {table} {one.chain} handle {handle}", one.address)
        for holder, lines in self.elements_come.items():
            verb = "add" if holder in self.again else "create"
            yield from (Line(f"{verb} element {table} {holder} {{"), *lines, Line("}"))
        yield from self.flagged


def _filled(holder: Line, elements: Sequence[Line]) -> Iterator[Line]:
    """A set or map that comes, with its elements."""
    if not elements:
        yield holder
        return
    yield replace(holder, text=f"{holder.text.removesuffix('}')}elements = {{")
    yield from elements
    yield Line("} }", holder.address)
