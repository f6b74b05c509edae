"""What kvmplan made in tables of the user's and of other people, as a shell script that puts it there again.

A table of `nftables_table` comes back where no table has its name: one that the user loads from elsewhere stays as it
is. Rules in chains of other people come back where the chain is there and holds none of kvmplan's. What others wrote
is neither saved nor lost. What the script leaves out is drift, which the next apply repairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kvmplan_nftables.persistence import printed
from kvmplan_nftables.persistence.printed import Block, Line, blocks, whose_element, whose_rule
from kvmplan_nftables.persistence.saved import settled
from kvmplan_nftables.table.pieces import MARKS, TableName, mark_of

FILE = "/etc/kvmplan-nftables-others.sh"
_HEADER = """\
# What kvmplan made in others' tables as of the last apply, for kvmplan-nftables-others.service. Edits are overwritten.
failed=0
"""
_END = "exit $failed\n"
_PART = re.compile(r"\n# table (\w+) (\S+)\n.*\n.*\n((?:table|insert|add) [\s\S]*?\n)END\n")
_PLACED = re.compile(r"^((?:insert|add) rule )\S+ \S+ (\S+) (.*\n(?:\t.*\n)*)", re.MULTILINE)
_TABLES = re.compile(r"^# table (\w+) (\S+)$", re.MULTILINE)
_MARK = re.compile(r"meta mark 0x([0-9a-f]+) return")
_OURS = 'comment "[A-Za-z0-9_-]{1,8} [^"]* ~[0-9a-f]{8}([.][0-9]+)?( [^"]*)?"'
"""The comment of a rule of kvmplan's, for grep -E."""


class Part(NamedTuple):
    """What is told to nft at once: a table, or rules of a chain."""

    table: TableName
    chain: str
    text: str

    def lines(self) -> Iterator[Line]:
        """A rule with how it is placed, which is another where there are other people's before it."""
        if not self.chain:
            yield from printed.lines(self.table, self.text)
        for verb, chain, rule in _PLACED.findall(self.text) if self.chain else ():
            yield Line(self.table, "chain", chain, verb + rule)

    @property
    def anew(self) -> str:
        """It as nft may check it, whatever is in the table now."""
        name = " ".join(self.table)
        return self.text if self.chain else f"add table {name}\ndelete table {name}\n{self.text}"

    def script(self, nft: str) -> str:
        name = " ".join(self.table)
        unless = f"{nft} list table {name} >/dev/null 2>&1"
        if self.chain:
            unless = f"{nft} list chain {name} {self.chain} 2>/dev/null | grep -qE '{_OURS}'"
        return f"\n# table {name}\n{unless} ||\n{nft} -f - <<'END' || failed=1\n{self.text}END\n"


def document(nft: str, parts: Sequence[Part]) -> str:
    """The script; empty without ``parts``."""
    return f"{_HEADER}{''.join(part.script(nft) for part in parts)}{_END}" if parts else ""


def parsed(nft: str, script: str) -> list[Part] | None:
    """What `document` made a script of; None where it made no such thing."""
    parts = []
    for family, name, text in _PART.findall(script):
        first = _PLACED.match(text)
        parts.append(Part((family, name), first[2] if first else "", text))
    return parts if document(nft, parts) == script else None


def named(script: str) -> frozenset[TableName]:
    """The tables that a script is about."""
    return frozenset((family, name) for family, name in _TABLES.findall(script))


def parts(tables: Mapping[TableName, str]) -> list[Part]:
    """What is kvmplan's in ``tables``, as ``nft -s list table`` prints them."""
    return [part for name in sorted(tables) for part in _parts(name, tables[name])]


def _parts(name: TableName, table: str) -> Iterator[Part]:
    found = blocks(settled(table))
    marks = {mark for one in found if (one.kind, one.name) == ("chain", MARKS) for mark in _marks(one)}
    if mark_of("table", name[1]) in marks:
        flags = "\tflags dormant\n" * ("\n\tflags dormant\n" in table)
        kept = "".join(_object(one, marks) for one in found)
        yield Part(name, "", f"table {' '.join(name)} {{\n{flags}{kept}}}\n")
        return
    for one in found:
        rules = "".join(_placed(name, one)) if one.kind == "chain" else ""
        if rules:
            yield Part(name, one.name, rules)


def _object(one: Block, marks: set[int]) -> str:
    body = one.body
    if one.kind == "chain":
        if "\t\ttype " in one.said and mark_of("chain", one.name) not in marks:
            return ""  # somebody else's, who may drop by policy what rules of theirs, which are not saved, let pass
        body = one.said + "".join(f"\t\t{rule}" for rule in one.items if _is_our_rule(rule))
    elif one.items:
        kept = [item for item in one.items if whose_element(item)[0]]
        body = one.said + (f"\t\telements = {{ {', '.join(kept)} }}\n" if kept else "")
    return f"\t{one.kind} {one.name} {{\n{body}\t}}\n"


def _placed(table: TableName, chain: Block) -> Iterator[str]:
    """Those before the first of somebody else come first."""
    rules, place = chain.items, f"rule {' '.join(table)} {chain.name}"
    others = next((place for place, rule in enumerate(rules) if not _is_our_rule(rule)), len(rules))
    first = others if others < len(rules) else 0
    yield from (f"insert {place} {rule}" for rule in reversed(rules[:first]))
    yield from (f"add {place} {rule}" for rule in rules[first:] if _is_our_rule(rule))


def _marks(chain: Block) -> Iterator[int]:
    """What the rules of the chain that says whose all is say of objects."""
    for rule in chain.items:
        if _is_our_rule(rule) and (found := _MARK.match(rule)):
            yield int(found[1], 16)


def _is_our_rule(rule: str) -> bool:
    return bool(whose_rule(rule)[1])
