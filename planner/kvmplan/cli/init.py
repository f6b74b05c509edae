"""``kvmplan init``"""

from __future__ import annotations

from typing import Annotated

import typer

from kvmplan.cli.options import HERE, Directory, Lock, LockTimeout, NoColor

_DONE = """
kvmplan has been successfully initialized!

`kvmplan plan` shows what there is to do now. When you add modules or providers, or change where a module comes from,
run `kvmplan init` again: other commands say so if it is needed.
"""
_EMPTY = """kvmplan initialized in an empty directory!

There is no configuration here yet. Write one, in a file that ends in .kvm.hcl, and run `kvmplan init` again.
"""


def init(
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="Fetch modules anew, also those that are there already.")
    ] = False,
    backend: Annotated[
        bool, typer.Option("--backend/--no-backend", help="Settle where the state is kept; without, leave it.")
    ] = True,
    ask_for: Annotated[
        bool, typer.Option("--input/--no-input", help="Ask what must be decided; without, end with an error.")
    ] = True,
    backend_config: Annotated[
        list[str] | None,
        typer.Option(
            "--backend-config", metavar="NAME=VALUE|FILE", help="Complete the backend's settings; may be repeated."
        ),
    ] = None,
    migrate_state: Annotated[
        bool, typer.Option("--migrate-state", help="The backend is another one now: take the states along.")
    ] = False,
    reconfigure: Annotated[
        bool, typer.Option("--reconfigure", help="The backend is another one now: leave the states where they are.")
    ] = False,
    force_copy: Annotated[bool, typer.Option("--force-copy", help="Take the states along without asking.")] = False,
    lock: Lock = True,
    lock_timeout: LockTimeout = "0s",
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Make a folder ready for the other commands. Fetches the modules that the configuration calls, checks that its
    providers are installed, and settles where the state is kept.
    """
    from kvmplan.backends.settling import Wish
    from kvmplan.cli.locks import locking
    from kvmplan.cli.terminal import ask, complain, in_order, say, styled
    from kvmplan.initialize import initialize
    from kvmplan.plugins import Plugins
    from kvmplan_sdk.diagnostics import has_errors

    _refuse_both(migrate=migrate_state or force_copy, reconfigure=reconfigure)
    wish = Wish(
        given=backend_config or (),
        migrate=migrate_state or force_copy,
        reconfigure=reconfigure,
        ask=None if force_copy else ask if ask_for else _decline,
        locking=locking(lock, lock_timeout),
    )
    configuration, diagnostics = initialize(directory, Plugins(), wish if backend else None, upgrade=upgrade, tell=say)
    complain(in_order(diagnostics), configuration.sources, no_color=no_color)
    if has_errors(diagnostics):
        raise typer.Exit(1)
    say(styled(no_color=no_color)(_DONE if configuration.sources else _EMPTY, "green"))


def _refuse_both(*, migrate: bool, reconfigure: bool) -> None:
    from kvmplan_sdk.diagnostics import DiagnosticError, error

    if migrate and reconfigure:
        raise DiagnosticError(
            error(
                "Options that exclude each other",
                "--migrate-state takes the states along, --reconfigure leaves them where they are: give one of them.",
            )
        )


def _decline(_question: str) -> bool:
    return False
