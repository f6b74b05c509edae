"""Colours, and when there are any: only on a terminal, and never with ``NO_COLOR`` set (https://no-color.org)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TextIO

_CODES = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}
SIGN_COLOURS = {"+": "green", "-": "red", "~": "yellow", "-/+": "red", "<=": "cyan"}


@dataclass(frozen=True, slots=True)
class Style:
    """Writes text in colour, or plainly."""

    colour: bool = False

    def __call__(self, text: str, *names: str) -> str:
        if not self.colour or not text or not names:
            return text
        codes = ";".join(_CODES[name] for name in names)
        return f"\x1b[{codes}m{text}\x1b[0m"

    def sign(self, sign: str) -> str:
        name = SIGN_COLOURS.get(sign.strip())
        return self(sign, name) if name else sign


PLAIN = Style()


def style_for(stream: TextIO, *, no_color: bool = False) -> Style:
    """The style for ``stream``. ``FORCE_COLOR`` colours pipes too."""
    if no_color or os.environ.get("NO_COLOR"):
        return PLAIN
    return Style(bool(os.environ.get("FORCE_COLOR")) or stream.isatty())
