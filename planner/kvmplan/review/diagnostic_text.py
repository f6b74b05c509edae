"""A diagnostic as text: what, where with the line and a caret, and what to do."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping

from kvmplan.review.style import PLAIN, Style
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange

WIDTH = 100


def diagnostics_text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], style: Style = PLAIN, *, width: int = WIDTH
) -> str:
    """Every diagnostic, in order, boxed where there are colours. ``sources``: the text of files by name."""
    return "".join(_boxed(diagnostic, sources, style, width) for diagnostic in diagnostics)


def _boxed(diagnostic: Diagnostic, sources: Mapping[str, str], style: Style, width: int) -> str:
    lines = list(_lines(diagnostic, sources, style, width))
    if not style.colour:
        return "\n" + "\n".join(lines) + "\n"
    colour = "red" if diagnostic.is_error else "yellow"
    bar = style("│", colour)
    inner = "".join(f"{bar} {line}".rstrip() + "\n" for line in lines)
    return f"{style('╷', colour)}\n{inner}{style('╵', colour)}\n"


def _lines(diagnostic: Diagnostic, sources: Mapping[str, str], style: Style, width: int) -> Iterator[str]:
    word = "Error" if diagnostic.is_error else "Warning"
    yield style(f"{word}: ", "red" if diagnostic.is_error else "yellow", "bold") + style(diagnostic.summary, "bold")
    if diagnostic.source is not None:
        yield ""
        yield from _excerpt(diagnostic.source, diagnostic.address, sources, style)
    elif diagnostic.address is not None:
        yield ""
        yield f"  with {diagnostic.address}"
    if diagnostic.detail:
        yield ""
        for paragraph in diagnostic.detail.split("\n"):
            yield from textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False) or [""]


def _excerpt(source: SourceRange, address: str | None, sources: Mapping[str, str], style: Style) -> Iterator[str]:
    who = f", in {address}" if address else ""
    yield f"  on {source.filename} line {source.start.line}{who}:"
    text = sources.get(source.filename)
    if text is None:
        return
    lines = text.split("\n")
    if source.start.line > len(lines):
        return
    line = lines[source.start.line - 1].rstrip("\r")
    number = f"{source.start.line:4}: "
    yield f"{number}{line}"
    last = source.end.column if source.end.line == source.start.line else len(line) + 1
    lead = "".join("\t" if character == "\t" else " " for character in line[: source.start.column - 1])
    carets = "^" * max(1, min(last, len(line) + 1) - source.start.column)
    yield " " * len(number) + lead + style(carets, "red", "bold")


def diagnostic_json(diagnostic: Diagnostic, sources: Mapping[str, str]) -> dict[str, object]:
    """As in Terraform's ``validate -json``."""
    entry: dict[str, object] = {
        "severity": diagnostic.severity.value,
        "summary": diagnostic.summary,
        "detail": diagnostic.detail,
    }
    if diagnostic.address is not None:
        entry["address"] = diagnostic.address
    source = diagnostic.source
    if source is None:
        return entry
    entry["range"] = {
        "filename": source.filename,
        "start": {"line": source.start.line, "column": source.start.column, "byte": source.start.byte},
        "end": {"line": source.end.line, "column": source.end.column, "byte": source.end.byte},
    }
    lines = sources.get(source.filename, "").split("\n")
    if source.start.line <= len(lines):
        line = lines[source.start.line - 1]
        end = source.end.column - 1 if source.end.line == source.start.line else len(line)
        entry["snippet"] = {
            "context": None,
            "code": line,
            "start_line": source.start.line,
            "highlight_start_offset": source.start.column - 1,
            "highlight_end_offset": end,
            "values": [],
        }
    return entry


def validation_json(diagnostics: Iterable[Diagnostic], sources: Mapping[str, str]) -> str:
    """The document of ``validate --json``."""
    found = list(diagnostics)
    errors = sum(diagnostic.is_error for diagnostic in found)
    document = {
        "format_version": "1.0",
        "valid": errors == 0,
        "error_count": errors,
        "warning_count": len(found) - errors,
        "diagnostics": [diagnostic_json(diagnostic, sources) for diagnostic in found],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
