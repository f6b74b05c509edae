"""``kvmplan state``: looking into the state, and changing it by hand.

What the commands do to a state is `kvmplan.state`'s business; here is what they are called, and what they print.
"""

from __future__ import annotations

import typer

from kvmplan.cli.state.changing import mv, rm
from kvmplan.cli.state.exchanging import pull, push
from kvmplan.cli.state.looking import list_, show
from kvmplan.cli.state.replace_provider import replace_provider

app = typer.Typer(
    help="Look into the state, and change it by hand.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)
app.command("list")(list_)
app.command("show")(show)
app.command("mv")(mv)
app.command("rm")(rm)
app.command("pull")(pull)
app.command("push")(push)
app.command("replace-provider")(replace_provider)

__all__ = ["app"]
