"""Diagnostics as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kvmplan.review.diagnostic_text import diagnostic_json
from kvmplan.review.stream.line import Line, line
from kvmplan_sdk.diagnostics import Diagnostic


def diagnostic_lines(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> Iterator[Line]:
    """``sources``: the text of files by name."""
    for one in diagnostics:
        word, level = ("Error", "error") if one.is_error else ("Warning", "warn")
        yield line("diagnostic", f"{word}: {one.summary}", level=level, diagnostic=diagnostic_json(one, sources))
