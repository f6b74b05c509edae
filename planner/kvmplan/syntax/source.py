"""A source text and the places in it: offsets are turned into lines, columns and bytes only when they are asked for."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise

from kvmplan_sdk.diagnostics import Position, SourceRange

START = Position(1, 1, 0)


class Source:
    """The text of one file. ``origin`` is where the text starts, when it is a part of a larger one."""

    __slots__ = ("_ascii", "_bytes", "_lines", "filename", "origin", "text")

    def __init__(self, text: str, filename: str, origin: Position = START) -> None:
        self.text = text
        self.filename = filename
        self.origin = origin
        self._lines: list[int] | None = None
        self._bytes: list[int] = []
        self._ascii = text.isascii()

    def position(self, offset: int) -> Position:
        """The position of the character at ``offset``; columns count grapheme clusters, as editors and HCL do."""
        if self._lines is None:
            self._lines = _line_starts(self.text)
            self._bytes = self._lines if self._ascii else _byte_starts(self.text, self._lines)
        line = bisect_right(self._lines, offset) - 1
        start = self._lines[line]
        if self._ascii:
            column = size = offset - start
        else:
            before = self.text[start:offset]
            column, size = graphemes(before), _size(before)
        first = self.origin.column if line == 0 else 1
        return Position(self.origin.line + line, first + column, self.origin.byte + self._bytes[line] + size)

    def range(self, start: int, end: int) -> SourceRange:
        return SourceRange(self.filename, self.position(start), self.position(end))


class Embedded(Source):
    """A text that another source holds in writing of its own, such as a JSON string with escapes.

    ``starts``: for every character, and for the end, the offset in ``outer`` where it is written.
    """

    __slots__ = ("outer", "starts")

    def __init__(self, text: str, outer: Source, starts: Sequence[int]) -> None:
        super().__init__(text, outer.filename)
        self.outer = outer
        self.starts = starts

    def position(self, offset: int) -> Position:
        return self.outer.position(self.starts[offset])


def _line_starts(text: str) -> list[int]:
    starts, at = [0], text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    return starts


def _byte_starts(text: str, starts: Sequence[int]) -> list[int]:
    """The offsets ``starts`` into ``text``, in bytes of its UTF-8."""
    sizes = (_size(text[start:end]) for start, end in pairwise(starts))
    return list(accumulate(sizes, initial=0))


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def graphemes(text: str) -> int:
    """How many characters a reader sees in ``text``."""
    if text.isascii():
        return len(text) - text.count("\r\n")
    import regex  # type: ignore[import-untyped]

    return len(regex.findall(r"\X", text))
