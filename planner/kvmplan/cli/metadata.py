"""``kvmplan metadata``"""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    help="Print what editors and documentation are made from.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


@app.callback()
def metadata() -> None:
    """A group, though it has one command only."""


@app.command("functions")
def functions(
    json: Annotated[bool, typer.Option("--json", help="As JSON: there is no other form yet.")] = False,
) -> None:
    """Print the signatures of the language's functions."""
    from kvmplan.cli.terminal import say
    from kvmplan.lang import FUNCTIONS
    from kvmplan.review.plan_json import to_text
    from kvmplan.review.signatures_json import functions_json
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    if not json:
        raise DiagnosticError(error("No form to print", "Signatures are printed as JSON only: add --json."))
    say(to_text(functions_json(FUNCTIONS)))
