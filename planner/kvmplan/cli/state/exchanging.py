"""``kvmplan state pull`` and ``kvmplan state push``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, Directory, Lock, LockTimeout, StatePath

if TYPE_CHECKING:
    from kvmplan.state.model import State
    from kvmplan.state.store import StateStore


def pull(state: StatePath = None, directory: Directory = HERE) -> None:
    """Print the state document. It is decrypted; without a state there is nothing to print."""
    import sys

    from kvmplan.backends.opening import open_store_in
    from kvmplan.state.document import dump_state

    found = open_store_in(state, directory).load()
    if found is not None:
        sys.stdout.write(dump_state(found).decode())


def push(
    path: Annotated[str, typer.Argument(metavar="FILE", help="A state document, or - for standard input.")],
    force: Annotated[bool, typer.Option("--force", help="Also one that is older, or of something else.")] = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """Put a document in the place of the state. Only one that follows it is taken."""
    from kvmplan.cli.state.editing import editing
    from kvmplan.cli.terminal import say
    from kvmplan.state.pushing import check_follows

    with editing("state push", state, directory, lock=lock, lock_timeout=lock_timeout, regardless=force) as (
        store,
        current,
    ):
        pushed = _read(path, store)
        if not force:
            check_follows(pushed, current)
        store.save(pushed)
        say(f"{store.place} has the serial {pushed.serial} now.")


def _read(path: str, store: StateStore) -> State:
    """What may have been written encrypted, as a state that could not be stored is."""
    import sys
    from pathlib import Path

    from kvmplan.encryption.envelope import is_sealed
    from kvmplan.state.document import load_state
    from kvmplan.state.files import read_bytes
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    name = "standard input" if path == "-" else path
    data = sys.stdin.buffer.read() if path == "-" else read_bytes(Path(path))
    if data is None:
        raise DiagnosticError(error(f"No file {path}", "Name a state document, as `kvmplan state pull` prints it."))
    return load_state(store.seal.open(data, name) if is_sealed(data) else data, name)
