"""Sensitive paths, as plans and state keep them, and the marks that the language knows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kvmplan.lang import SENSITIVE, Marks
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error
from kvmplan_sdk.values import Path


def hidden(paths: Iterable[Path]) -> Mapping[Path, Marks]:
    """The marks of a value whose parts at ``paths`` are sensitive."""
    return {path: frozenset({SENSITIVE}) for path in paths}


def hidden_paths(marks: Mapping[Path, Marks]) -> list[Path]:
    """Where ``marks`` say sensitive."""
    return [path for path, found in marks.items() if SENSITIVE in found]


def not_ephemeral(what: str, where: SourceRange) -> Diagnostic:
    return error(
        "Ephemeral value not allowed",
        f"{what} would be kept in the plan or the state, but this value is ephemeral: it exists during a run only. Use "
        "a value that is not, or mark what takes it with `ephemeral = true` where that is possible.",
        source=where,
    )
