"""``kvmplan destroy``"""

from __future__ import annotations

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
def destroy(
    *,
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
    """Destroy everything that kvmplan made here. The same as `apply --destroy`."""
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
        requested(options, destroy=True),
        auto_approve=auto_approve,
        expected=expect_digest,
        parallelism=parallelism,
        rollback=on_failure is WhenItFails.ROLLBACK,
        locking=locking(lock, lock_timeout),
        no_color=no_color,
        command="destroy",
    )
    if not done:
        raise typer.Exit(1)
