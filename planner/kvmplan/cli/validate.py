"""``kvmplan validate``"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, Directory, NoColor

if TYPE_CHECKING:
    from kvmplan_sdk.diagnostics import Diagnostic


def validate(
    directory: Directory = HERE,
    json: Annotated[bool, typer.Option("--json", help="Print the diagnostics as JSON.")] = False,
    no_color: NoColor = False,
) -> None:
    """Check the configuration without asking any host."""
    from kvmplan.cli.terminal import complain, in_order, say, styled
    from kvmplan.review.diagnostic_text import validation_json
    from kvmplan.verdict import recall
    from kvmplan_sdk.diagnostics import has_errors

    unchanged = recall(directory)
    sources, found = (unchanged, []) if unchanged is not None else _check(directory)
    diagnostics = in_order(found)
    if json:
        say(validation_json(diagnostics, sources))
    else:
        complain(diagnostics, sources, no_color=no_color)
        if not has_errors(diagnostics):
            say(styled(no_color=no_color)("Success!", "green", "bold") + " The configuration is valid.")
    if has_errors(diagnostics):
        raise typer.Exit(1)


def _check(directory: Path) -> tuple[Mapping[str, str], list[Diagnostic]]:
    from kvmplan.preparing import check
    from kvmplan_sdk.diagnostics import DiagnosticError

    try:
        return check(directory)
    except DiagnosticError as problem:
        return {}, list(problem.diagnostics)
