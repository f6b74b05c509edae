"""``kvmplan plan``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kvmplan.cli.options import (
    HERE,
    CompactWarnings,
    Directory,
    Input,
    Json,
    JsonInto,
    Lock,
    LockTimeout,
    NoColor,
    PlanOptions,
    StatePath,
    Var,
    VarFile,
    spread,
)


@spread
def plan(
    *,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Save the plan, for apply.")] = None,
    destroy: Annotated[
        bool, typer.Option("--destroy", help="Plan to destroy everything that kvmplan made here.")
    ] = False,
    detailed_exitcode: Annotated[
        bool, typer.Option("--detailed-exitcode", help="Exit 0 without changes, 2 with changes, 1 on errors.")
    ] = False,
    json: Json = False,
    json_into: JsonInto = None,
    compact_warnings: CompactWarnings = False,
    generate_config_out: Annotated[
        Path | None,
        typer.Option(
            "--generate-config-out",
            metavar="FILE",
            help="Write the blocks that imports lack into this new file of the configuration.",
        ),
    ] = None,
    options: PlanOptions,
    var: Var = None,
    var_file: VarFile = None,
    asking: Input = True,
    state: StatePath = None,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Show what apply would do. Also in which order, and who would notice."""
    from kvmplan.cli.locks import locking
    from kvmplan.cli.planning import given, planned, review, save, show
    from kvmplan.cli.requesting import requested
    from kvmplan.cli.terminal import say, speak

    speak(json=json, into=json_into, compact_warnings=compact_warnings)
    request = requested(options, destroy=destroy)
    if generate_config_out is not None:
        from kvmplan.cli.generating import generate

        generate(generate_config_out, directory, given(var, var_file, asking=asking), state, no_color=no_color)
    with planned(
        directory,
        given(var, var_file, asking=asking),
        state,
        "plan",
        request,
        locking=locking(lock, lock_timeout),
        no_color=no_color,
    ) as (run, made, _):
        document = review(run, made)
        show(document, run.prepared, no_color=no_color)
        if out is not None:
            save(out, run, made, document)
        elif not made.is_empty:
            say("\nNote: this plan is not saved; `kvmplan plan --out FILE` and `kvmplan apply FILE` apply exactly it.")
    if detailed_exitcode and not made.is_empty:
        raise typer.Exit(2)
