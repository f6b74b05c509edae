"""Tables as ``nft -a list table`` prints them: the texts of rules, and of other objects what JSON leaves out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_END = re.compile(r"(.*) # handle (\d+)")
_HEAD = re.compile(r"\t(\S.*?) (\S+) \{(?: # handle \d+)?")
_COMMENT = re.compile(r'^(.*?) ?comment "([^"]*)"$')


@dataclass(frozen=True, slots=True)
class Texts:
    """``rules``: by handle, with their comments. ``named``: what is said of an object, line by line, but its elements
    and rules; by kind and name.
    """

    rules: dict[int, str] = field(default_factory=dict)
    named: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def parse_texts(listing: str) -> Texts:
    """Of one table."""
    found = Texts()
    lines = listing.splitlines()
    words = lines[0].split() if lines else []
    table = key = ("table", words[2] if len(words) > 2 else "")
    found.named[table] = []
    inside: list[str] = []
    for line in lines[1:]:
        if line.startswith("\t\t"):
            inside.append(line)
        elif line == "\t}":
            (_rules if key[0] == "chain" else _object)(found, key, inside)
            inside = []
        elif head := _HEAD.fullmatch(line):
            key = head[1], head[2]
            found.named[key] = []
        elif line.startswith("\t"):
            found.named[table].append(line.strip())
    return found


def _object(found: Texts, key: tuple[str, str], lines: Sequence[str]) -> None:
    for line in lines:
        if line.startswith("\t\telements = {"):
            break
        # nft later than 1.1.3 tells how many elements there are, behind the size.
        found.named[key].append(line.strip().partition("\t# count ")[0])


def _rules(found: Texts, key: tuple[str, str], lines: Sequence[str]) -> None:
    """Those that are long, or hold chains without a name, go over lines."""
    begun = ""
    for line in lines:
        if line.startswith(("\t\t\t", "\t\t}")):
            begun += (" " if begun.endswith((",", "{")) else " ; ") + line.strip()
        else:
            if begun:
                found.named[key].append(begun)
            begun = line.strip()
        if ended := _END.fullmatch(begun):
            found.rules[int(ended[2])], begun = ended[1], ""
    if begun:
        found.named[key].append(begun)


def parted(text: str) -> tuple[str, str]:
    """A rule, and its comment."""
    found = _COMMENT.fullmatch(text)
    return (found[1], found[2]) if found else (text, "")


def comment_in(line: str) -> str | None:
    """What a line of an object says for people, if it is for them."""
    found = _COMMENT.fullmatch(line)
    return found[2] if found and not found[1] else None
