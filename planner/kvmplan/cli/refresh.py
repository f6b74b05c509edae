"""``kvmplan refresh``"""

from __future__ import annotations

from dataclasses import replace

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
    Parallelism,
    PlanOptions,
    StatePath,
    Var,
    VarFile,
    spread,
)


@spread
def refresh(
    *,
    parallelism: Parallelism = 10,
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
    """Let the state follow the hosts, without asking. The same as `apply --refresh-only --auto-approve`."""
    from kvmplan.cli.applying import plan_and_apply
    from kvmplan.cli.locks import locking
    from kvmplan.cli.planning import given
    from kvmplan.cli.requesting import requested
    from kvmplan.cli.terminal import speak

    speak(json=json, into=json_into, compact_warnings=compact_warnings)
    done = plan_and_apply(
        directory,
        given(var, var_file, asking=asking),
        state,
        requested(replace(options, refresh_only=True)),
        auto_approve=True,
        parallelism=parallelism,
        locking=locking(lock, lock_timeout),
        no_color=no_color,
    )
    if not done:
        raise typer.Exit(1)
