"""``kvmplan workspace``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, Directory, Lock, LockTimeout

if TYPE_CHECKING:
    from kvmplan_sdk.backend import Storage

app = typer.Typer(
    help="Keep several states of one configuration.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The workspace.")]


@app.command("list")
def list_(
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False, directory: Directory = HERE
) -> None:
    """List the workspaces; the star is at the one at work on."""
    from kvmplan.backends.workspaces import current_workspace
    from kvmplan.cli.terminal import say
    from kvmplan.review.plan_json import to_text

    storage, current = _storage(directory), current_workspace(directory)
    names = _names(storage, current)
    if json:
        say(to_text({"workspaces": [{"name": name, "current": name == current} for name in names]}))
        return
    for name in names:
        say(f"{'*' if name == current else ' '} {name}")


@app.command("show")
def show(directory: Directory = HERE) -> None:
    """Show the name of the workspace at work on."""
    from kvmplan.backends.workspaces import current_workspace
    from kvmplan.cli.terminal import say

    say(current_workspace(directory))


@app.command("new")
def new(name: Name, lock: Lock = True, lock_timeout: LockTimeout = "0s", directory: Directory = HERE) -> None:
    """Make a workspace, without anything in it, and select it."""
    from kvmplan.backends.workspaces import check_workspace_name, current_workspace
    from kvmplan.cli.terminal import say
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    check_workspace_name(name)
    storage = _storage(directory)
    if name in _names(storage, current_workspace(directory)):
        raise DiagnosticError(
            error(f'Workspace "{name}" is there already', f"To work on it: kvmplan workspace select {name}")
        )
    _make(directory, name, lock=lock, lock_timeout=lock_timeout)
    say(f'Made the workspace "{name}", and selected it. Nothing is in it: `kvmplan plan` will show all as new.')


@app.command("select")
def select(
    name: Name,
    or_create: Annotated[bool, typer.Option("--or-create", help="Make it if there is none.")] = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    directory: Directory = HERE,
) -> None:
    """Work on another workspace from now on."""
    from kvmplan.backends.workspaces import (
        check_workspace_name,
        current_workspace,
        no_such_workspace,
        select_workspace,
    )
    from kvmplan.cli.terminal import say
    from kvmplan_sdk.diagnostics import DiagnosticError

    check_workspace_name(name)
    names = _names(_storage(directory), current_workspace(directory))
    if name not in names and not or_create:
        raise DiagnosticError(no_such_workspace(name, names))
    if name in names:
        select_workspace(directory, name)
    else:
        _make(directory, name, lock=lock, lock_timeout=lock_timeout)
    say(f'Selected the workspace "{name}".')


@app.command("delete")
def delete(
    name: Name,
    force: Annotated[bool, typer.Option("--force", help="Also when there are still objects in it.")] = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    directory: Directory = HERE,
) -> None:
    """Delete a workspace and its state. What is on hosts stays, and is known to nobody then."""
    from kvmplan.backends.opening import open_store_in
    from kvmplan.backends.removing import delete_workspace
    from kvmplan.backends.workspaces import current_workspace
    from kvmplan.cli.locks import locking
    from kvmplan.cli.terminal import complain, say

    names = _names(_storage(directory), current_workspace(directory))
    store = open_store_in(None, directory, name)
    warnings = delete_workspace(
        store, names, current_workspace(directory), force=force, locking=locking(lock, lock_timeout)
    )
    complain(warnings)
    say(f'Deleted the workspace "{name}".')


def _storage(directory: Directory) -> Storage:
    from kvmplan.backends.opening import open_store_in

    return open_store_in(None, directory).storage


def _names(storage: Storage, current: str) -> list[str]:
    """``default`` is always there, and so is the one at work on: it will be with its first state."""
    from kvmplan_sdk.backend import DEFAULT_WORKSPACE

    return sorted(
        {DEFAULT_WORKSPACE, current, *storage.workspaces()}, key=lambda name: (name != DEFAULT_WORKSPACE, name)
    )


def _make(directory: Directory, name: str, *, lock: bool, lock_timeout: str) -> None:
    from kvmplan.backends.opening import open_store_in
    from kvmplan.backends.workspaces import select_workspace
    from kvmplan.cli.locks import locking
    from kvmplan.state.model import new_state

    store = open_store_in(None, directory, name)
    with store.locked("workspace new", locking(lock, lock_timeout)):
        if store.load() is None:
            store.save(new_state())
    select_workspace(directory, name)
