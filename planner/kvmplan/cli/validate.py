"""``kvmplan validate``"""

from __future__ import annotations

from typing import Annotated

import typer

from kvmplan.cli.options import HERE, Directory, NoColor


def validate(
    directory: Directory = HERE,
    json: Annotated[bool, typer.Option("--json", help="Print the diagnostics as JSON.")] = False,
    no_color: NoColor = False,
) -> None:
    """Check the configuration without asking any host."""
    from kvmplan.cli.terminal import complain, in_order, say, styled
    from kvmplan.review.diagnostic_text import validation_json
    from kvmplan.run import check
    from kvmplan_sdk.diagnostics import DiagnosticError, has_errors

    try:
        sources, found = check(directory)
    except DiagnosticError as problem:
        sources, found = {}, list(problem.diagnostics)
    diagnostics = in_order(found)
    if json:
        say(validation_json(diagnostics, sources))
    else:
        complain(diagnostics, sources, no_color=no_color)
        if not has_errors(diagnostics):
            say(styled(no_color=no_color)("Success!", "green", "bold") + " The configuration is valid.")
    if has_errors(diagnostics):
        raise typer.Exit(1)
