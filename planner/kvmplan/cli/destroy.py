"""``kvmplan destroy``"""

from __future__ import annotations

from kvmplan.cli.apply import apply
from kvmplan.cli.options import (
    HERE,
    AutoApprove,
    Directory,
    NoColor,
    Parallelism,
    StatePath,
    Var,
    VarFile,
)


def destroy(
    auto_approve: AutoApprove = False,
    parallelism: Parallelism = 10,
    var: Var = None,
    var_file: VarFile = None,
    state: StatePath = None,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Destroy everything that kvmplan made here; the same as `apply --destroy`."""
    apply(
        destroy=True,
        auto_approve=auto_approve,
        parallelism=parallelism,
        var=var,
        var_file=var_file,
        state=state,
        directory=directory,
        no_color=no_color,
    )
