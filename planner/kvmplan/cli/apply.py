"""``kvmplan apply``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kvmplan.cli.options import (
    HERE,
    AutoApprove,
    CompactWarnings,
    Directory,
    ExpectDigest,
    Input,
    Json,
    JsonInto,
    Lock,
    LockTimeout,
    NoColor,
    OnFailure,
    Parallelism,
    PlanOptions,
    StatePath,
    Var,
    VarFile,
    WhenItFails,
    spread,
)


@spread
def apply(
    plan_file: Annotated[Path | None, typer.Argument(metavar="[PLAN]", help="A saved plan to carry out.")] = None,
    *,
    destroy: Annotated[bool, typer.Option("--destroy", help="Destroy everything that kvmplan made here.")] = False,
    auto_approve: AutoApprove = False,
    expect_digest: ExpectDigest = None,
    parallelism: Parallelism = 10,
    on_failure: OnFailure = WhenItFails.KEEP,
    json: Json = False,
    json_into: JsonInto = None,
    compact_warnings: CompactWarnings = False,
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
    """Plan, ask, and carry it out. Or carry out exactly a saved plan."""
    from kvmplan.cli.applying import apply_saved, plan_and_apply
    from kvmplan.cli.locks import locking
    from kvmplan.cli.planning import given
    from kvmplan.cli.requesting import requested
    from kvmplan.cli.terminal import speak

    speak(json=json, into=json_into, compact_warnings=compact_warnings)
    if plan_file is not None:
        _refuse([*(["--destroy"] if destroy else []), *options.given, *(["--chdir"] if directory != HERE else [])])
        done = apply_saved(
            plan_file,
            given(var, var_file, asking=asking),
            state,
            expected=expect_digest,
            parallelism=parallelism,
            rollback=on_failure is WhenItFails.ROLLBACK,
            locking=locking(lock, lock_timeout),
            no_color=no_color,
        )
    else:
        done = plan_and_apply(
            directory,
            given(var, var_file, asking=asking),
            state,
            requested(options, destroy=destroy),
            auto_approve=auto_approve,
            expected=expect_digest,
            parallelism=parallelism,
            rollback=on_failure is WhenItFails.ROLLBACK,
            locking=locking(lock, lock_timeout),
            no_color=no_color,
        )
    if not done:
        raise typer.Exit(1)


def _refuse(options: list[str]) -> None:
    """Raises `DiagnosticError` for ``options`` that are given: a saved plan is carried out as it is."""
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    if options:
        raise DiagnosticError(
            error(
                "Saved plan and options for planning",
                f"{' and '.join(options)} cannot change a plan that was made already. Leave them out, or plan again "
                "with them.",
            )
        )
