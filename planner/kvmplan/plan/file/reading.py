"""Plan files written and read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from kvmplan.encryption import Protection
from kvmplan.plan.file.container import pack, read_head, unpack
from kvmplan.plan.file.contents import PlanFile, dump_contents, load_contents
from kvmplan.plan.file.digest import digest_of
from kvmplan.state.files import read_bytes, write_durably
from kvmplan_sdk.diagnostics import DiagnosticError, error

Protecting = Callable[[str], Protection]
"""What protects plan files of the root module in a directory."""


def write_plan(path: Path, file: PlanFile, protection: Protection) -> None:
    """Raises `DiagnosticError` when it cannot be written, and when the key is missing."""
    head = {
        "digest": file.digest,
        "directory": file.directory,
        "workspace": file.workspace,
        "makers": dict(sorted(file.makers.items())),
    }
    write_durably(path, pack(head, dump_contents(file), protection))


def read_plan(path: Path, protecting: Protecting) -> PlanFile:
    """Raises `DiagnosticError` when the file is not there, damaged, changed by hand, or when the key is missing."""
    data = read_bytes(path)
    if data is None:
        raise DiagnosticError(error(f"No plan file {path}", "Make one with `kvmplan plan --out FILE`."))
    head = read_head(data, str(path))
    contents = unpack(data, head, protecting(head["directory"]), str(path))
    try:
        file = load_contents(contents, head)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
        made_by = f"kvmplan {head.get('kvmplan_version', '?')} made it"
        raise DiagnosticError(
            error(f"{path} cannot be read", f"{made_by} ({type(problem).__name__}: {problem}). Plan again.")
        ) from problem
    if digest_of(file.plan) != file.digest:
        raise DiagnosticError(
            error(
                f"{path} is not the plan that it says",
                f"Its digest is {file.digest}, but what is in it has another one: it was changed since. Plan again.",
            )
        )
    return file


__all__ = ["Protecting", "read_plan", "write_plan"]
