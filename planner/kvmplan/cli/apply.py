"""``kvmplan apply``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kvmplan.cli.options import (
    DEFAULT_STATE,
    HERE,
    AutoApprove,
    Directory,
    NoColor,
    Parallelism,
    StatePath,
    Var,
    VarFile,
)


def apply(
    plan_file: Annotated[Path | None, typer.Argument(metavar="[PLAN]", help="A saved plan to carry out.")] = None,
    destroy: Annotated[bool, typer.Option("--destroy", help="Destroy everything.")] = False,
    auto_approve: AutoApprove = False,
    parallelism: Parallelism = 10,
    var: Var = None,
    var_file: VarFile = None,
    state: StatePath = DEFAULT_STATE,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Plan, ask, and carry the plan out; or carry out exactly a saved plan."""
    from kvmplan.cli.applying import apply_saved, plan_and_apply
    from kvmplan.cli.planning import given

    if plan_file is not None:
        done = apply_saved(plan_file, state, parallelism=parallelism, no_color=no_color)
    else:
        done = plan_and_apply(
            directory,
            given(var, var_file),
            state,
            destroy=destroy,
            auto_approve=auto_approve,
            parallelism=parallelism,
            no_color=no_color,
        )
    if not done:
        raise typer.Exit(1)
