"""Files that commands make of what they found: always new ones, so that nothing is lost."""

from __future__ import annotations

from pathlib import Path

from kvmplan_sdk.diagnostics import DiagnosticError, error


def refuse_existing(path: Path) -> None:
    """Raises `DiagnosticError` when something is at ``path``."""
    if path.exists():
        raise DiagnosticError(
            error(f"{path} exists", "What is made goes into a new file, so that nothing is lost. Name another.")
        )


def write_new(path: Path, text: str) -> None:
    """Raises `DiagnosticError` when it cannot be written, or was made by somebody else meanwhile."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise DiagnosticError(error(f"Cannot write {path}", f"{problem.strerror}.")) from problem
