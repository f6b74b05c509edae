"""``kvmplan force-unlock``"""

from __future__ import annotations

from typing import Annotated

import typer

from kvmplan.cli.options import HERE, Directory, StatePath


def force_unlock(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The lock's, as the message says that it is held.")],
    force: Annotated[bool, typer.Option("--force", help="Do not ask.")] = False,
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """Open a lock whose holder is gone. One whose holder is at work protects the state: leave it alone."""
    from kvmplan.backends.opening import open_store_in
    from kvmplan.cli.terminal import ask, say
    from kvmplan.state.locking import check_unlockable, who_holds

    store = open_store_in(state, directory)
    holder = check_unlockable(store.storage, store.workspace, id_)
    question = (
        f"The lock of {store.place} is held by {who_holds(holder)}.\nOpen it, if that is gone for good? Only 'yes' "
    )
    if not force and not ask(f"{question}will be accepted: "):
        say("The lock stays.")
        raise typer.Exit(1)
    store.storage.unlock(store.workspace, id_)
    say(f"The lock of {store.place} is open.")
