"""``kvmplan apply``"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from kvmplan.cli.options import (
    HERE,
    AutoApprove,
    Directory,
    NoColor,
    Parallelism,
    Replace,
    StatePath,
    Var,
    VarFile,
)


def apply(
    plan_file: Annotated[Path | None, typer.Argument(metavar="[PLAN]", help="A saved plan to carry out.")] = None,
    destroy: Annotated[bool, typer.Option("--destroy", help="Destroy everything that kvmplan made here.")] = False,
    auto_approve: AutoApprove = False,
    parallelism: Parallelism = 10,
    replace: Replace = None,
    var: Var = None,
    var_file: VarFile = None,
    state: StatePath = None,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Plan, ask, and carry the plan out; or carry out exactly a saved plan."""
    from kvmplan.cli.applying import apply_saved, plan_and_apply
    from kvmplan.cli.planning import Wish, given

    if plan_file is not None:
        _refuse_planning(
            {
                "--destroy": destroy,
                "--replace": replace,
                "--chdir": directory != HERE,
            }
        )
        done = apply_saved(plan_file, given(var, var_file), state, parallelism=parallelism, no_color=no_color)
    else:
        done = plan_and_apply(
            directory,
            given(var, var_file),
            state,
            Wish(destroy=destroy, replace=tuple(replace or ())),
            auto_approve=auto_approve,
            parallelism=parallelism,
            no_color=no_color,
        )
    if not done:
        raise typer.Exit(1)


def _refuse_planning(given: Mapping[str, object]) -> None:
    """Raises `DiagnosticError` for options that are given: a saved plan is carried out as it is."""
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    names = [name for name, value in given.items() if value]
    if names:
        raise DiagnosticError(
            error(
                "Saved plan and options for planning",
                f"{' and '.join(names)} cannot change a plan that was made already. Leave them out, or plan again "
                "with them.",
            )
        )
