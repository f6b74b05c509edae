"""``kvmplan show``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kvmplan.cli.options import HERE, NoColor, StatePath


def show(
    path: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="A saved plan; else the state.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON in Terraform's documented formats.")] = False,
    state: StatePath = None,
    no_color: NoColor = False,
) -> None:
    """Show a saved plan, or the state."""
    from kvmplan.cli.terminal import say, styled
    from kvmplan.config.backend import state_path_in
    from kvmplan.plan.file import read_plan
    from kvmplan.review.plan_json import to_text
    from kvmplan.review.plan_text import plan_text
    from kvmplan.review.state_text import state_json, state_text
    from kvmplan.state.store import StateFile

    if path is not None:
        document = read_plan(path).review
        say(to_text(document) if json else plan_text(document, styled(no_color=no_color)))
        return
    found = StateFile(state_path_in(state, HERE)).load()
    say(to_text(state_json(found)) if json else state_text(found))
