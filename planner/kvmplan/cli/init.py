"""``kvmplan init``"""

from __future__ import annotations

from typing import Annotated

import typer

from kvmplan.cli.options import HERE, Directory, NoColor

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
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Fetch the modules that the configuration calls, and check that its providers are installed."""
    from kvmplan.cli.terminal import complain, in_order, say, styled
    from kvmplan.initialize import initialize
    from kvmplan.plugins import Plugins
    from kvmplan_sdk.diagnostics import has_errors

    configuration, diagnostics = initialize(directory, Plugins(), upgrade=upgrade, tell=say)
    complain(in_order(diagnostics), configuration.sources, no_color=no_color)
    if has_errors(diagnostics):
        raise typer.Exit(1)
    say(styled(no_color=no_color)(_DONE if configuration.sources else _EMPTY, "green"))
