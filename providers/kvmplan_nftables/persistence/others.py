"""What kvmplan made in tables of the user's and of other people, as a shell script that puts it there again.

A table of `nftables_table` comes back where no table has its name: one that the user loads from elsewhere stays as it
is. Rules in chains of other people come back where the chain is there and holds none of kvmplan's. What others wrote
is neither saved nor lost. What the script leaves out is drift, which the next apply repairs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kvmplan_nftables.persistence.saved import settled
from kvmplan_nftables.table.identity import parse_comment
from kvmplan_nftables.table.pieces import MARKS, TableName, mark_of

FILE = "/etc/kvmplan-nftables-others.sh"
_HEADER = """\
# What kvmplan made in others' tables as of the last apply, for kvmplan-nftables-others.service. Edits are overwritten.
failed=0
"""
_OBJECT = re.compile(r"^\t(\w[^\n{]*) (\S+) \{\n((?:\t\t.*\n)*)\t\}$", re.MULTILINE)
_ELEMENTS = re.compile(r"^\t\telements = \{ ([\s\S]*?) \}\n\Z", re.MULTILINE)
_ELEMENT = re.compile(r'(?:[^,"]|"[^"]*")+')
_COMMENT = re.compile(r' comment "([^"]*)"')
_RULE = re.compile(r"^\t\t(?!\t)(.*\n(?:\t\t\t.*\n)*)", re.MULTILINE)
_MARK = re.compile(r"meta mark 0x([0-9a-f]+) return")
_TABLES = re.compile(r"^# table (\w+) (\S+)$", re.MULTILINE)
_OURS = 'comment "[A-Za-z0-9_-]{1,8} [^"]* ~[0-9a-f]{8}([.][0-9]+)?( [^"]*)?"'
"""The comment of a rule of kvmplan's, for grep -E."""


def document(nft: str, tables: Mapping[TableName, str]) -> str:
    """The script; empty where nothing in ``tables``, as ``nft -s list table`` prints them, is kvmplan's."""
    parts = [part for name in sorted(tables) for part in _parts(nft, name, tables[name])]
    return f"{_HEADER}{''.join(parts)}exit $failed\n" if parts else ""


def told(tables: Mapping[TableName, str]) -> str:
    """What the script may tell nft, for it to check."""
    return "".join(text for name in sorted(tables) for _, text in _commands("nft", name, tables[name]))


def named(script: str) -> frozenset[TableName]:
    """The tables that a script is about."""
    return frozenset((family, name) for family, name in _TABLES.findall(script))


def _parts(nft: str, name: TableName, table: str) -> Iterator[str]:
    for unless, text in _commands(nft, name, table):
        yield f"\n# table {' '.join(name)}\n{unless} ||\n{nft} -f - <<'END' || failed=1\n{text}END\n"


def _commands(nft: str, name: TableName, table: str) -> Iterator[tuple[str, str]]:
    """What is told to nft, each with what says that it is there already."""
    objects = _OBJECT.findall(settled(table))
    marks = {mark for kind, item, body in objects if (kind, item) == ("chain", MARKS) for mark in _marks(body)}
    if mark_of("table", name[1]) in marks:
        flags = "\tflags dormant\n" * ("\n\tflags dormant\n" in table)
        kept = "".join(_object(one, marks) for one in objects)
        yield f"{nft} list table {' '.join(name)} >/dev/null 2>&1", f"table {' '.join(name)} {{\n{flags}{kept}}}\n"
        return
    for kind, item, body in objects:
        rules = list(_placed(name, item, body)) if kind == "chain" else []
        if rules:
            yield f"{nft} list chain {' '.join(name)} {item} 2>/dev/null | grep -qE '{_OURS}'", "".join(rules)


def _object(one: tuple[str, str, str], marks: set[int]) -> str:
    kind, name, body = one
    if kind == "chain":
        head, rules = _head(body)
        if "\t\ttype " in head and mark_of("chain", name) not in marks:
            return ""  # somebody else's, who may drop by policy what rules of theirs, which are not saved, let pass
        body = head + "".join(f"\t\t{rule}" for rule in rules if _digest(rule))
    elif found := _ELEMENTS.search(body):
        kept = [one.strip() for one in _ELEMENT.findall(found[1]) if _is_ours(one)]
        body = body[: found.start()] + (f"\t\telements = {{ {', '.join(kept)} }}\n" if kept else "")
    return f"\t{kind} {name} {{\n{body}\t}}\n"


def _placed(table: TableName, chain: str, body: str) -> Iterator[str]:
    """Those before the first of somebody else come first."""
    rules = _head(body)[1]
    others = next((place for place, rule in enumerate(rules) if not _digest(rule)), len(rules))
    first = others if others < len(rules) else 0
    yield from (f"insert rule {' '.join(table)} {chain} {rule}" for rule in reversed(rules[:first]))
    yield from (f"add rule {' '.join(table)} {chain} {rule}" for rule in rules[first:] if _digest(rule))


def _head(body: str) -> tuple[str, list[str]]:
    """What is said of the chain itself, and the rules."""
    said = re.match(r"(?:\t\tcomment .*\n)?(?:\t\ttype .*\n)?", body)
    head = said[0] if said else ""
    return head, _RULE.findall(body[len(head) :])


def _marks(body: str) -> Iterator[int]:
    """What the rules of the chain that says whose all is say of objects."""
    for rule in _RULE.findall(body):
        if _digest(rule) and (found := _MARK.match(rule)):
            yield int(found[1], 16)


def _digest(rule: str) -> str:
    """Of a rule of ours; empty for others."""
    found = re.search(_COMMENT.pattern + "$", rule.rstrip("\n"))
    parsed = parse_comment(found[1]) if found else None
    return parsed[1] if parsed else ""


def _is_ours(element: str) -> bool:
    found = _COMMENT.search(element)
    return found is not None and parse_comment(found[1]) is not None
