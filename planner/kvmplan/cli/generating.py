"""``kvmplan plan --generate-config-out``: the file is written first, and then planned with."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from kvmplan.cli.new_file import refuse_existing, write_new
from kvmplan.cli.planning import running
from kvmplan.cli.terminal import say
from kvmplan.config.files import SUFFIX, is_configuration
from kvmplan.config.variables import Given
from kvmplan.generate import configuration_for_imports
from kvmplan_sdk.diagnostics import DiagnosticError, error


def generate(path: Path, directory: Path, values: Given, state: Path | None, *, no_color: bool) -> None:
    """Write ``path`` where an import lacks its block. Raises `DiagnosticError`, having written nothing."""
    _check_place(path, directory)
    with running(directory, values, state, lambda _store: nullcontext(), no_color=no_color) as (run, _):
        text = configuration_for_imports(run)
    if text:
        write_new(path, text)
    say(f"Wrote {path}: read it and change it as you like.\n\n" if text else "Every import has its block.\n\n")


def _check_place(path: Path, directory: Path) -> None:
    refuse_existing(path)
    if path.parent.resolve() != directory.resolve() or not is_configuration(path.name) or path.suffix != ".hcl":
        raise DiagnosticError(
            error(
                "No file of the configuration",
                f"{path} is planned with, so it must be beside the other files, with a name that ends in {SUFFIX}.",
            )
        )
