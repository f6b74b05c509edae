"""``kvmplan graph``"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, Directory, NoColor

if TYPE_CHECKING:
    from kvmplan.config.model import Configuration
    from kvmplan.graph import Dependencies
    from kvmplan_sdk.diagnostics import Diagnostic


class Kind(StrEnum):
    RESOURCES = "resources"
    PLAN = "plan"
    APPLY = "apply"


class Language(StrEnum):
    DOT = "dot"
    MERMAID = "mermaid"


def graph(
    kind: Annotated[
        Kind, typer.Option("--type", help="Resources alone, all that planning evaluates, or the steps of an apply.")
    ] = Kind.RESOURCES,
    plan: Annotated[
        Path | None, typer.Option("--plan", metavar="FILE", help="Draw the steps of this saved plan.")
    ] = None,
    form: Annotated[Language, typer.Option("--format", help="The language of the drawing.")] = Language.DOT,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Draw what depends on what, or a saved plan in its order."""
    from kvmplan.cli.terminal import complain, say
    from kvmplan.review.drawing.dot import dot
    from kvmplan.review.drawing.evaluation import evaluation_dot
    from kvmplan.review.drawing.mermaid import is_too_large, mermaid
    from kvmplan.review.drawing.resources import resources_drawing
    from kvmplan.review.drawing.steps import steps_drawing

    _check_options(kind, plan, form)
    if plan is not None:
        from kvmplan.cli.planning import given, saved_plan

        drawing = steps_drawing(saved_plan(plan, given(None, None)).plan)
    else:
        dependencies, configuration = _read(directory, no_color=no_color)
        if kind is Kind.PLAN:
            say(evaluation_dot(dependencies, configuration))
            return
        drawing = resources_drawing(dependencies)
    text = mermaid(drawing) if form is Language.MERMAID else dot(drawing)
    say(text)
    if form is Language.MERMAID and is_too_large(text):
        complain([_too_large()], no_color=no_color)


def _check_options(kind: Kind, plan: Path | None, form: Language) -> None:
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    if kind is Kind.APPLY and plan is None:
        raise DiagnosticError(
            error(
                "No plan to draw",
                "What an apply does, and in which order, stands in a plan. Save one, `kvmplan plan --out FILE` (with "
                "--destroy for the order of destroying), and name it: `kvmplan graph --plan FILE`.",
            )
        )
    if kind is Kind.PLAN and form is Language.MERMAID:
        raise DiagnosticError(
            error("Not in Mermaid", "All that planning evaluates is too much for it. Leave out --type, or --format.")
        )


def _too_large() -> Diagnostic:
    from kvmplan_sdk.diagnostics import warning

    return warning(
        "Drawing too large for code hosts",
        "They render Mermaid up to 50,000 characters and 500 arrows. Graphviz has no such limit: --format dot.",
    )


def _read(directory: Path, *, no_color: bool) -> tuple[Dependencies, Configuration]:
    from kvmplan.cli.terminal import complain, in_order
    from kvmplan.config.loader import load_configuration
    from kvmplan.graph import build_graph
    from kvmplan_sdk.diagnostics import has_errors

    configuration, diagnostics = load_configuration(directory)
    dependencies, problems = build_graph(configuration)
    if has_errors([*diagnostics, *problems]):
        complain(in_order([*diagnostics, *problems]), configuration.sources, no_color=no_color)
        raise typer.Exit(1)
    return dependencies, configuration
