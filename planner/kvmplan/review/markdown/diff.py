"""Differences in fenced blocks: code hosts colour a line by its first character, so the signs stand there."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kvmplan.review.style import Style

_MARK = "\ue000"
_SIGNED = re.compile(rf"( *){_MARK}( *)([-+~]) ")
_FIRST = {"+": "+", "-": "-", "~": "!"}


@dataclass(frozen=True, slots=True)
class _Marking(Style):
    """Marks where the signs are, so that no line of a value is taken for one."""

    def sign(self, sign: str) -> str:
        return f"{_MARK}{sign}"


MARKING = _Marking()


def fenced(lines: Iterable[str]) -> str:
    """Lines written with the style `MARKING` as a block of the language ``diff``."""
    text = "\n".join(map(_aligned, lines))
    longest = max(map(len, re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}diff\n{text}\n{fence}"


def _aligned(line: str) -> str:
    found = _SIGNED.match(line)
    if found is None:
        return line.replace(_MARK, "")
    indent, more, sign = found.groups()
    return f"{_FIRST[sign]}{indent}{more} {line[found.end() :].replace(_MARK, '')}"
