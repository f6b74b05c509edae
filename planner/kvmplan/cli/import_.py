"""``kvmplan import``"""

from __future__ import annotations

from typing import Annotated

import typer

from kvmplan.cli.options import HERE, Directory, Lock, LockTimeout, NoColor, StatePath, Var, VarFile


def import_(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="The instance that the object shall be.")],
    identifier: Annotated[str, typer.Argument(metavar="ID", help="What the provider knows the object by.")],
    var: Var = None,
    var_file: VarFile = None,
    state: StatePath = None,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Take an object that is there into the state. Nothing happens on any host."""
    from kvmplan.cli.locks import locking
    from kvmplan.cli.planning import given, planned
    from kvmplan.cli.requesting import importing
    from kvmplan.cli.terminal import complain, say
    from kvmplan.plan.imports import with_imported

    request = importing(address, identifier)
    values, waiting = given(var, var_file), locking(lock, lock_timeout)
    with planned(directory, values, state, "import", request, locking=waiting, no_color=no_color) as (run, plan, store):
        complain(run.prepared.diagnostics, run.prepared.sources, no_color=no_color)
        store.save(with_imported(run.state, plan, request.importing))
    say(f"{address} is imported, as it is. `kvmplan plan` shows what the configuration would change about it.")
