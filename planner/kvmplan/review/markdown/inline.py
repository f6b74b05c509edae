"""Text inside Markdown: names that stay names, and tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[&<>|`*_\[\]\\~@#$!:]")


def literal(text: str) -> str:
    """``text`` as it is, whatever a renderer would make of its characters, in one line."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", " ".join(text.split()))


def code(text: str) -> str:
    """A name in code type. Not in backticks: those cannot hold every name, nor stand in every table."""
    return f"<code>{literal(text)}</code>"


def row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def header(titles: Sequence[str]) -> list[str]:
    """The first two lines of a table; a title that starts with ``#`` has numbers under it."""
    return [
        row(title.removeprefix("#") for title in titles),
        row("---:" if "#" in title else "---" for title in titles),
    ]


def listed(names: Sequence[str], most: int) -> str:
    """Names one after another, at most so many of them."""
    shown = ", ".join(map(code, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most:,} more"
