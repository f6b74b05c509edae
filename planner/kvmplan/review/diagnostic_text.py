"""A diagnostic as text: what, where with the line and a caret, and what to do."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from kvmplan.review.columns import columns
from kvmplan.review.excerpt import Excerpt, excerpt
from kvmplan.review.style import PLAIN, Style
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange

WIDTH = 100


def diagnostics_text(
    diagnostics: Iterable[Diagnostic], sources: Mapping[str, str], style: Style = PLAIN, *, width: int = WIDTH
) -> str:
    """Every diagnostic, in order, boxed where there are colours. ``sources``: the text of files by name."""
    return "".join(_boxed(diagnostic, sources, style, width) for diagnostic in diagnostics)


def compact_text(warnings: Iterable[Diagnostic], style: Style = PLAIN) -> str:
    """Warnings, a line for each kind, with where the first one is."""
    kinds: dict[str, list[Diagnostic]] = {}
    for warning in warnings:
        kinds.setdefault(warning.summary, []).append(warning)
    lines = ["", style("Warnings:", "yellow", "bold"), ""]
    for summary, same in kinds.items():
        place = next((f"on {one.source.filename} line {one.source.start.line}" for one in same if one.source), "")
        more = f"and {len(same) - 1} more" if len(same) > 1 else ""
        where = " ".join(f"({part})" if part is more and place else part for part in (place, more) if part)
        lines += [f"- {summary}", *([f"  {where}"] if where else [])]
    return "\n".join([*lines, "", "Leave out --compact-warnings to read them in full.", ""])


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
        found = _excerpt(diagnostic.source, sources)
        yield ""
        yield from _place(diagnostic.source, diagnostic.address, found, style)
        yield from _values(diagnostic.values, style)
    elif diagnostic.address is not None:
        yield ""
        yield f"  with {diagnostic.address}"
    if diagnostic.detail:
        yield ""
        for paragraph in diagnostic.detail.split("\n"):
            yield from textwrap.wrap(paragraph, width, break_long_words=False, break_on_hyphens=False) or [""]


def _place(source: SourceRange, address: str | None, found: Excerpt | None, style: Style) -> Iterator[str]:
    context = found.context if found else None
    if address:
        yield f"  with {address},"
    yield f"  on {source.filename} line {source.start.line}{f', in {context}' if context else ''}:"
    if found is None:
        return
    before, meant, behind = found.first
    number = f"{source.start.line:4}: "
    yield f"{number}{before}{meant}{behind}"
    lead = "".join("\t" if character == "\t" else " " * columns(character) for character in before)
    carets = "^" * max(1, columns(meant))
    yield " " * len(number) + lead + style(carets, "red", "bold")


def _values(values: Iterable[tuple[str, str]], style: Style) -> Iterator[str]:
    lines = [f"    │ {style(name, 'bold')} {statement}" for name, statement in values]
    if lines:
        yield "    ├────────────────"
        yield from lines


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
    start, end = source.start, source.end
    if end.byte <= start.byte:
        end = replace(start, column=start.column + 1, byte=start.byte + 1)
    entry["range"] = {
        "filename": source.filename,
        "start": {"line": start.line, "column": start.column, "byte": start.byte},
        "end": {"line": end.line, "column": end.column, "byte": end.byte},
    }
    found = _excerpt(source, sources)
    if found is not None:
        entry["snippet"] = {
            "context": found.context,
            "code": found.code,
            "start_line": found.first_line,
            "highlight_start_offset": found.start,
            "highlight_end_offset": found.end,
            "values": [{"traversal": name, "statement": statement} for name, statement in diagnostic.values],
        }
    return entry


def _excerpt(source: SourceRange, sources: Mapping[str, str]) -> Excerpt | None:
    text = sources.get(source.filename)
    return None if text is None else excerpt(source, text)


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
