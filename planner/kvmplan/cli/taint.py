"""``kvmplan taint`` and ``kvmplan untaint``"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, StatePath

if TYPE_CHECKING:
    from kvmplan.state.model import State

Named = Annotated[str, typer.Argument(metavar="ADDRESS", help="An instance, as `state list` prints it.")]
AllowMissing = Annotated[
    bool, typer.Option("--allow-missing", help="Do nothing where the state has no such instance, instead of failing.")
]


def taint(address: Named, allow_missing: AllowMissing = False, state: StatePath = None) -> None:
    """Mark an object as broken: the next plan makes it anew."""
    from kvmplan.state.taint import tainted

    _mark(tainted, address, state, "taint", "is tainted: the next plan makes it anew", allow_missing=allow_missing)


def untaint(address: Named, allow_missing: AllowMissing = False, state: StatePath = None) -> None:
    """Take the mark of `taint` away: the object is good as it is."""
    from kvmplan.state.taint import untainted

    _mark(untainted, address, state, "untaint", "is tainted no longer", allow_missing=allow_missing)


def _mark(
    marked: Callable[[State | None, str], State],
    address: str,
    state: Path | None,
    operation: str,
    said: str,
    *,
    allow_missing: bool,
) -> None:
    from kvmplan.backends.opening import open_store_in
    from kvmplan.cli.terminal import say
    from kvmplan.state.find import written_address

    store = open_store_in(state, HERE)
    with store.locked(operation):
        found = store.load()
        if allow_missing and written_address(address) not in (found.instances if found else {}):
            say(f"The state has no {address}: nothing to do.")
            return
        store.save(marked(found, address))
    say(f"{address} {said}.")
