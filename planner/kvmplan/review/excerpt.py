"""The part of a source that a diagnostic is about: its lines, what in them is meant, and the block around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from kvmplan_sdk.diagnostics import SourceRange

if TYPE_CHECKING:  # what says that all is well does not wait for the parser
    from kvmplan.syntax import Block

_JSON = ".json"
_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Whole lines, from ``first_line`` on; the bytes of ``code`` from ``start`` to ``end`` are what is meant.

    ``context``: the header of the outermost block around it.
    """

    code: str
    first_line: int
    start: int
    end: int
    context: str | None

    @property
    def first(self) -> tuple[str, str, str]:
        """The first line: what is before, what is meant, and what is behind."""
        data = self.code.encode(errors="surrogatepass")
        stop = data.find(b"\n")
        stop = len(data) if stop < 0 else stop
        start, end = min(self.start, stop), min(self.end, stop)
        before, meant, behind = (
            part.decode(errors="replace") for part in (data[:start], data[start:end], data[end:stop])
        )
        return before, meant, behind


def excerpt(source: SourceRange, text: str) -> Excerpt | None:
    """What ``source`` is about in ``text``, that of the file; None when it ends before. An empty range means at least
    one byte.
    """
    text = text.removeprefix(_BYTE_ORDER_MARK)
    data = text.encode(errors="surrogatepass")
    start = source.start.byte
    if start > len(data):
        return None
    end = max(source.end.byte, start + 1)
    first = data.rfind(b"\n", 0, start) + 1
    last = data.find(b"\n", max(end - 1, start))
    lines = data[first : len(data) if last < 0 else last]
    returns = lines[start - first : end - first].count(b"\r\n")
    code = lines.removesuffix(b"\r").replace(b"\r\n", b"\n")
    size = len(code)
    context = None if source.filename.endswith(_JSON) else _context(text, source.filename, start)
    return Excerpt(
        code.decode(errors="replace"),
        source.start.line,
        min(start - first, size),
        min(end - first - returns, size),
        context,
    )


def _context(text: str, filename: str, byte: int) -> str | None:
    offset = byte if text.isascii() else len(text.encode(errors="surrogatepass")[:byte].decode(errors="replace"))
    return next((header for start, end, header in _blocks(text, filename) if start < offset <= end), None)


@lru_cache(maxsize=8)
def _blocks(text: str, filename: str) -> tuple[tuple[int, int, str], ...]:
    from kvmplan.syntax import parse_configuration

    body, _ = parse_configuration(text, filename)
    return tuple((block.start, block.body.end, _header(block)) for block in body.blocks)


def _header(block: Block) -> str:
    from kvmplan.lang.values import quoted

    return " ".join([block.type, *map(quoted, block.labels)])
