"""``kvmplan output``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.completion import outputs
from kvmplan.cli.options import HERE, Directory, NoColor, StatePath

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kvmplan.state.model import Output, State


def output(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One output; else all of them.", autocompletion=outputs)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, sensitive values included.")] = False,
    raw: Annotated[bool, typer.Option("--raw", help="Print the bare value of one string, number or bool.")] = False,
    state: StatePath = None,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Show the outputs of the last apply. A sensitive one is shown when it is asked for by name, or as JSON."""
    import sys

    from kvmplan.backends.opening import open_store_in
    from kvmplan.cli.terminal import say
    from kvmplan.review.output_text import (
        outputs_document,
        raw_text,
        value_document,
        value_text,
    )

    _check_options(name, json=json, raw=raw)
    found = open_store_in(state, directory).load()
    outputs = found.outputs if found else {}
    if name is not None:
        one = _named(name, outputs)
        if raw:
            sys.stdout.write(raw_text(name, one))  # as it is: a line end more would be another value
        else:
            say(value_document(one) if json else value_text(one))
    elif json:
        say(outputs_document(outputs))
    elif found and outputs:
        say(_without_secrets(found))
    else:
        _warn_of_none(no_color=no_color)


def _without_secrets(state: State) -> str:
    from kvmplan.cli.terminal import keep_secret
    from kvmplan.review.hiding import hidden_outputs, secrets_in_state
    from kvmplan.review.output_text import assignments_text

    return assignments_text(hidden_outputs(state.outputs, keep_secret(secrets_in_state(state))))


def _check_options(name: str | None, *, json: bool, raw: bool) -> None:
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    if raw and json:
        raise DiagnosticError(error("Two formats at once", "--raw and --json exclude each other. Leave one out."))
    if raw and name is None:
        raise DiagnosticError(
            error("No output named", "--raw prints one output: name it, `kvmplan output --raw NAME`.")
        )


def _named(name: str, outputs: Mapping[str, Output]) -> Output:
    from kvmplan.lang.suggest import did_you_mean
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    if name in outputs:
        return outputs[name]
    hint = did_you_mean(name, outputs) or f" It has: {', '.join(sorted(outputs)) or 'none'}."
    raise DiagnosticError(
        error(
            f'No output "{name}"',
            f"The state has no such output.{hint} One that is new in the configuration is there after the next "
            "`kvmplan apply`; one that is null never is.",
        )
    )


def _warn_of_none(*, no_color: bool) -> None:
    from kvmplan.cli.terminal import complain
    from kvmplan_sdk.diagnostics import warning

    complain(
        [
            warning(
                "No outputs found",
                "The state has none. Declare one in the root module with an `output` block; `kvmplan apply` computes "
                "and stores it.",
            )
        ],
        no_color=no_color,
    )
