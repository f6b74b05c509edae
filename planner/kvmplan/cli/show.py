"""``kvmplan show``"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from kvmplan.cli.options import HERE, NoColor, StatePath


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def show(
    path: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A saved plan; else the state.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON in Terraform's documented formats.")] = False,
    form: Annotated[
        Form, typer.Option("--format", help="How to print a plan; markdown fits a comment on a pull request.")
    ] = Form.TEXT,
    state: StatePath = None,
    no_color: NoColor = False,
) -> None:
    """Show a saved plan, or the state."""
    from kvmplan.backends.opening import open_store_in
    from kvmplan.cli.terminal import keep_secret, say, styled
    from kvmplan.plan.file import read_plan
    from kvmplan.review.hiding import hidden_state, secrets_in_state
    from kvmplan.review.markdown import plan_markdown
    from kvmplan.review.plan_json import to_text
    from kvmplan.review.plan_text import plan_text
    from kvmplan.review.representation import saved_representation
    from kvmplan.review.state_text import state_json, state_text
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    form = Form.JSON if json else form
    if path is not None:
        saved = read_plan(path)
        match form:
            case Form.JSON:
                say(to_text(saved_representation(saved)))
            case Form.MARKDOWN:
                say(plan_markdown(saved.review, digest=saved.digest).removesuffix("\n"))
            case Form.TEXT:
                say(plan_text(saved.review, styled(no_color=no_color)))
        return
    if form is Form.MARKDOWN:
        raise DiagnosticError(error("Nothing to show as Markdown", "It is for plans: name a plan file."))
    found = open_store_in(state, HERE).load()
    found = hidden_state(found, keep_secret(secrets_in_state(found))) if found else None
    say(to_text(state_json(found)) if form is Form.JSON else state_text(found))
