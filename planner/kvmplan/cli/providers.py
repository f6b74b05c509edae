"""``kvmplan providers``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, Directory, NoColor, StatePath

if TYPE_CHECKING:
    from pathlib import Path

    from kvmplan.config.model import Configuration

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, invoke_without_command=True)


@app.callback()
def providers(
    context: typer.Context, state: StatePath = None, directory: Directory = HERE, no_color: NoColor = False
) -> None:
    """Show which module needs which provider."""
    from kvmplan.backends.opening import open_store
    from kvmplan.cli.terminal import say
    from kvmplan.review.providers_text import providers_text

    if context.invoked_subcommand is None:
        configuration = _read(directory, no_color=no_color)
        say(providers_text(configuration, open_store(state, configuration).load()))


@app.command("schema")
def schema(
    json: Annotated[bool, typer.Option("--json", help="As JSON: there is no other form yet.")] = False,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Print the schemas of the configuration's providers."""
    from kvmplan.cli.terminal import say
    from kvmplan.plugins import Plugins
    from kvmplan.review.plan_json import to_text
    from kvmplan.review.providers_text import required_providers
    from kvmplan.review.schemas_json import schemas_json
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    if not json:
        raise DiagnosticError(error("No form to print", "Schemas are printed as JSON only: add --json."))
    plugins = Plugins()
    names = required_providers(_read(directory, no_color=no_color))
    say(to_text(schemas_json({name: plugins.provider(name).schema for name in names})))


def _read(directory: Path, *, no_color: bool) -> Configuration:
    from kvmplan.cli.terminal import complain, in_order
    from kvmplan.config.loader import load_configuration
    from kvmplan_sdk.diagnostics import has_errors

    configuration, diagnostics = load_configuration(directory)
    if has_errors(diagnostics):
        complain(in_order(diagnostics), configuration.sources, no_color=no_color)
        raise typer.Exit(1)
    return configuration
