"""``kvmplan console``"""

from __future__ import annotations

from typing import Annotated

import typer

from kvmplan.cli.options import HERE, Directory, NoColor, StatePath, Var, VarFile


def console(
    json: Annotated[
        bool, typer.Option("--json", help="One expression a line on standard input, one JSON object a line out.")
    ] = False,
    var: Var = None,
    var_file: VarFile = None,
    state: StatePath = None,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Evaluate expressions. The configuration and its state are in scope."""
    import sys

    from kvmplan.cli.planning import given, stop_on_errors
    from kvmplan.cli.prompt import expressions
    from kvmplan.cli.terminal import complain, say
    from kvmplan.console import answer_json, answer_text, open_console

    opened = open_console(directory, given(var, var_file), state)
    stop_on_errors(opened.prepared, no_color=no_color)
    failed = False
    for text in expressions(opened.completions):
        answer = opened.ask(text)
        if json:
            say(answer_json(answer))
            continue
        complain(answer.diagnostics, {"<console>": text}, no_color=no_color)
        if not answer.failed:
            say(answer_text(answer))
        failed = failed or answer.failed
    if failed and not sys.stdin.isatty():
        raise typer.Exit(1)
