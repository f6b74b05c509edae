"""``kvmplan state mv`` and ``kvmplan state rm``"""

from __future__ import annotations

from typing import Annotated

import typer

from kvmplan.cli.completion import addresses as addresses_there
from kvmplan.cli.options import HERE, Directory, Lock, LockTimeout, StatePath

DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")]


def mv(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A resource, an instance, a module.", autocompletion=addresses_there)
    ],
    target: Annotated[str, typer.Argument(metavar="DESTINATION", help="Its new address.")],
    dry_run: DryRun = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """Give objects another address; nothing happens on any host."""
    from json import dumps

    from kvmplan.cli.state.editing import editing
    from kvmplan.cli.terminal import say
    from kvmplan.state.model import new_state
    from kvmplan.state.moving import moved, moves_of

    with editing("state mv", state, directory, lock=lock, lock_timeout=lock_timeout) as (store, stored):
        found = stored or new_state()
        moves = moves_of(found, source, target)
        if not dry_run:
            store.save(moved(found, moves))
    for old, new in moves.items():
        old_text, new_text = (dumps(str(address), ensure_ascii=False) for address in (old, new))
        say(f"{'Would move' if dry_run else 'Move'} {old_text} to {new_text}")
    if not dry_run:
        say(f"Successfully moved {len(moves)} object(s).")


def rm(
    addresses: Annotated[
        list[str],
        typer.Argument(
            metavar="ADDRESS...",
            help="Resources, instances, modules.",
            show_default=False,
            autocompletion=addresses_there,
        ),
    ],
    dry_run: DryRun = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    state: StatePath = None,
    directory: Directory = HERE,
) -> None:
    """Forget objects, which stay on their hosts. kvmplan manages them no longer."""
    from kvmplan.cli.state.editing import editing
    from kvmplan.cli.terminal import say
    from kvmplan.state.model import new_state
    from kvmplan.state.removing import removed
    from kvmplan.state.selection import selected

    with editing("state rm", state, directory, lock=lock, lock_timeout=lock_timeout) as (store, stored):
        found = stored or new_state()
        gone = selected(found, addresses)
        if not dry_run:
            store.save(removed(found, gone))
    for instance in gone:
        say(f"{'Would remove' if dry_run else 'Removed'} {instance.address}")
    if not dry_run:
        say(f"Successfully removed {len(gone)} resource instance(s).")
