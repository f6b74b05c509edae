"""``kvmplan taint`` and ``kvmplan untaint``"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.completion import instances
from kvmplan.cli.options import HERE, Directory, Lock, LockTimeout, StatePath

if TYPE_CHECKING:
    from kvmplan.cli.state.editing import Editing
    from kvmplan.state.model import State

Named = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="An instance, as `state list` prints it.", autocompletion=instances)
]
AllowMissing = Annotated[
    bool, typer.Option("--allow-missing", help="Do nothing where the state has no such instance, instead of failing.")
]


def taint(
    address: Named,
    allow_missing: AllowMissing = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """Mark an object as broken: the next plan makes it anew."""
    from kvmplan.cli.state.editing import editing
    from kvmplan.state.taint import tainted

    with editing("taint", state, directory, lock=lock, lock_timeout=lock_timeout) as opened:
        _mark(opened, tainted, address, "is tainted: the next plan makes it anew", allow_missing=allow_missing)


def untaint(
    address: Named,
    allow_missing: AllowMissing = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """Take the mark of `taint` away: the object is good as it is."""
    from kvmplan.cli.state.editing import editing
    from kvmplan.state.taint import untainted

    with editing("untaint", state, directory, lock=lock, lock_timeout=lock_timeout) as opened:
        _mark(opened, untainted, address, "is tainted no longer", allow_missing=allow_missing)


def _mark(
    opened: Editing, marked: Callable[[State | None, str], State], address: str, said: str, *, allow_missing: bool
) -> None:
    from kvmplan.cli.terminal import say
    from kvmplan.state.selection import written_address

    store, found = opened
    if allow_missing and written_address(address) not in (found.instances if found else {}):
        say(f"The state has no {address}: nothing to do.")
        return
    store.save(marked(found, address))
    say(f"{address} {said}.")
