"""``kvmplan show``"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, Directory, NoColor, StatePath

if TYPE_CHECKING:
    from kvmplan.state.store import StateStore


class Form(StrEnum):
    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def show(
    path: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A saved plan or a state file; else the state.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON in Terraform's documented formats.")] = False,
    form: Annotated[
        Form, typer.Option("--format", help="How to print a plan; markdown fits a comment on a pull request.")
    ] = Form.TEXT,
    state: StatePath = None,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Show a saved plan, or the state."""
    from kvmplan.backends.opening import open_store_in

    form = Form.JSON if json else form
    if path is not None and not _is_state(path):
        _plan(path, form, no_color=no_color)
    else:
        _state(open_store_in(path or state, directory), form)


def _plan(path: Path, form: Form, *, no_color: bool) -> None:
    from kvmplan.cli.planning import given, saved_plan
    from kvmplan.cli.terminal import say, styled
    from kvmplan.review.markdown import plan_markdown
    from kvmplan.review.plan_json import to_text
    from kvmplan.review.plan_text import plan_text
    from kvmplan.review.representation import saved_representation

    saved = saved_plan(path, given(None, None))
    match form:
        case Form.JSON:
            say(to_text(saved_representation(saved)))
        case Form.MARKDOWN:
            say(plan_markdown(saved.review, digest=saved.digest).removesuffix("\n"))
        case Form.TEXT:
            say(plan_text(saved.review, styled(no_color=no_color)))


def _state(stored: StateStore, form: Form) -> None:
    from kvmplan.cli.terminal import keep_secret, say
    from kvmplan.plugins import Plugins
    from kvmplan.review.hiding import hidden_state, secrets_in_state
    from kvmplan.review.plan_json import to_text
    from kvmplan.review.state_json import state_json
    from kvmplan.review.state_text import state_text
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    if form is Form.MARKDOWN:
        raise DiagnosticError(error("Nothing to show as Markdown", "It is for plans: name a plan file."))
    found = stored.load()
    found = hidden_state(found, keep_secret(secrets_in_state(found))) if found else None
    say(to_text(state_json(found)) if form is Form.JSON else state_text(found, Plugins().schema_of))


def _is_state(path: Path) -> bool:
    """Whether ``path`` holds a state document: what begins otherwise is a plan, or nothing that anyone can read."""
    from kvmplan.encryption.envelope import content_of
    from kvmplan.state.document import is_state
    from kvmplan.state.files import read_bytes
    from kvmplan.state.sealing import STATE

    data = read_bytes(path)
    return data is not None and (is_state(data) or content_of(data) == STATE)
