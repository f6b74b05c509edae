"""``kvmplan drift``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kvmplan.cli.options import HERE, Directory, Input, NoColor, StatePath, Var, VarFile


def drift(
    json: Annotated[bool, typer.Option("--json", help="Print the drift as JSON.")] = False,
    ignore_file: Annotated[
        list[Path] | None,
        typer.Option(
            "--ignore-file",
            metavar="FILE",
            help="Leave out what a file names, one address a line, an attribute may follow; may be repeated.",
        ),
    ] = None,
    var: Var = None,
    var_file: VarFile = None,
    asking: Input = True,
    state: StatePath = None,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Show what somebody else did to what kvmplan made. Exit 0: nothing, 2: something, 1: that cannot be told."""
    from contextlib import nullcontext

    from kvmplan.cli.planning import drift_schemas, given, running
    from kvmplan.cli.reading import told_of_reading
    from kvmplan.cli.requesting import ignoring, names_nothing
    from kvmplan.cli.terminal import complain, keep_secret, say, styled
    from kvmplan.plan.refresh import heard_of, unknown_rules
    from kvmplan.review.drift import drift_document, drift_text
    from kvmplan.review.hiding import hidden_drift
    from kvmplan.review.plan_json import to_text

    rules = ignoring(ignore_file)
    values = given(var, var_file, asking=asking)
    with running(directory, values, state, lambda _store: nullcontext(), no_color=no_color) as (run, _):
        with told_of_reading() as reading:
            found, ignored = heard_of(run.drift(reading=reading), rules)
        schemas = drift_schemas(found, run.plugins)
        document = drift_document(hidden_drift(found, keep_secret(()), schemas), ignored, schemas)
        unknown = map(names_nothing, unknown_rules(rules, run.state.instances))
        complain([*run.prepared.diagnostics, *unknown], run.prepared.sources, no_color=no_color)
        say(to_text(document) if json else drift_text(document, styled(no_color=no_color)))
    if run.prepared.failed:
        raise typer.Exit(1)
    if found:
        raise typer.Exit(2)
