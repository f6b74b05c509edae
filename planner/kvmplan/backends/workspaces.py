"""Workspaces: several states of one configuration, one of which is at work on.

Which one: ``KVMPLAN_WORKSPACE``, else what `select` noted in ``.kvmplan/environment``, else ``default``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from kvmplan.lang.suggest import did_you_mean
from kvmplan.state.files import make_folder, read_bytes, write_durably
from kvmplan_sdk.backend import DEFAULT_WORKSPACE
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

VARIABLE = "KVMPLAN_WORKSPACE"
_NAME = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,89}")


def current_workspace(directory: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Raises `DiagnosticError` when what is said is no name of one."""
    named = environment.get(VARIABLE)
    if named:
        check_workspace_name(named, f"{VARIABLE} is")
        return named
    path = _note(directory)
    noted = (read_bytes(path) or b"").decode(errors="replace").strip()
    if noted:
        check_workspace_name(noted, f"{path} says")
    return noted or DEFAULT_WORKSPACE


def select_workspace(directory: Path, name: str, environment: Mapping[str, str] = os.environ) -> None:
    """Work on ``name`` from now on. Raises `DiagnosticError` where the environment has the say."""
    if environment.get(VARIABLE):
        raise DiagnosticError(
            error(
                "The workspace is chosen by the environment",
                f"{VARIABLE}={environment[VARIABLE]} wins over what is selected. Change it, or unset it first.",
            )
        )
    path = _note(directory)
    make_folder(path.parent)
    write_durably(path, name.encode(), mode=0o644)


def check_workspace_name(name: str, subject: str = "There can be no") -> None:
    """Raises `DiagnosticError`."""
    if not _NAME.fullmatch(name):
        raise DiagnosticError(
            error(
                "Invalid name of a workspace",
                f'{subject} "{name}": use letters, digits and . _ - ~, at most 90 of them, no dot first.',
            )
        )


def no_such_workspace(name: str, names: Iterable[str]) -> Diagnostic:
    known = list(names)
    hint = did_you_mean(name, known) or f" There are: {', '.join(known)}."
    return error("No such workspace", f'There is no workspace "{name}".{hint} To make it: kvmplan workspace new {name}')


def _note(directory: Path) -> Path:
    return directory / ".kvmplan" / "environment"


__all__ = ["VARIABLE", "check_workspace_name", "current_workspace", "no_such_workspace", "select_workspace"]
