"""Diagnostics: problems as values, with what is wrong, where, and what to do.

Style: the summary is a noun phrase or short sentence without a full stop; the detail is whole sentences, names the
values involved (never sensitive ones) and ends with what to write or run instead.

Not here: printing them, which the engine's review does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from kvmplan_sdk.values import Path


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a source file: ``line`` and ``column`` count from 1 (columns in characters), ``byte`` from 0."""

    line: int
    column: int
    byte: int


@dataclass(frozen=True, slots=True)
class SourceRange:
    """From ``start`` up to, not including, ``end`` in the file ``filename`` (as the user would name it)."""

    filename: str
    start: Position
    end: Position

    def __str__(self) -> str:
        return f"{self.filename}:{self.start.line},{self.start.column}"

    def is_within(self, other: SourceRange) -> bool:
        return self.filename == other.filename and other.start <= self.start and self.end <= other.end


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One problem.

    ``source`` is where in the configuration; ``address`` the resource instance it concerns; ``path`` the attribute of
    it, from which the engine finds ``source`` when a provider, which never sees the configuration, leaves it out;
    ``values`` what an expression at fault refers to, and what that is: ``("var.x", 'is "abc"')``.
    """

    severity: Severity
    summary: str
    detail: str = ""
    source: SourceRange | None = None
    address: str | None = None
    path: Path = ()
    values: tuple[tuple[str, str], ...] = ()

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    def at(self, source: SourceRange | None) -> Diagnostic:
        """The same diagnostic placed at ``source``, unless it already has a place."""
        return self if self.source is not None else replace(self, source=source)

    def about(self, address: str) -> Diagnostic:
        """The same diagnostic about ``address``, unless it already names one."""
        return self if self.address is not None else replace(self, address=address)


def error(
    summary: str,
    detail: str = "",
    *,
    source: SourceRange | None = None,
    address: str | None = None,
    path: Path = (),
) -> Diagnostic:
    return Diagnostic(Severity.ERROR, summary, detail, source, address, path)


def warning(
    summary: str,
    detail: str = "",
    *,
    source: SourceRange | None = None,
    address: str | None = None,
    path: Path = (),
) -> Diagnostic:
    return Diagnostic(Severity.WARNING, summary, detail, source, address, path)


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    return any(diagnostic.is_error for diagnostic in diagnostics)


class DiagnosticError(Exception):
    """Carries diagnostics up to where they are collected; for input and I/O that make going on senseless."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.summary}: {d.detail}" if d.detail else d.summary for d in diagnostics))
        self.diagnostics = diagnostics
