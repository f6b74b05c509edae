"""``kvmplan discover``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kvmplan.cli.options import HERE, Directory, Input, NoColor, StatePath, Var, VarFile

if TYPE_CHECKING:
    from kvmplan.discovery.discover import Discovery

NOTHING = "Nothing is there that this configuration does not have."


def discover(
    host: Annotated[str | None, typer.Option("--host", metavar="NAME", help="Look at this host only.")] = None,
    provider: Annotated[str | None, typer.Option("--provider", metavar="NAME", help="Ask this provider only.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write it into this new file, not to standard output.")
    ] = None,
    orphans: Annotated[
        bool, typer.Option("--orphans", help="Only what carries the tag of this state, but is not in it.")
    ] = False,
    within: Annotated[
        list[str] | None,
        typer.Option("--within", metavar="NAME", help="Look into what is called so alone; may be repeated."),
    ] = None,
    var: Var = None,
    var_file: VarFile = None,
    asking: Input = True,
    state: StatePath = None,
    directory: Directory = HERE,
    no_color: NoColor = False,
) -> None:
    """Write configuration for what is on hosts. With import blocks, so that planning it changes nothing."""
    from contextlib import nullcontext

    from kvmplan.cli.new_file import refuse_existing, write_new
    from kvmplan.cli.planning import given, running
    from kvmplan.cli.terminal import complain, say
    from kvmplan.discovery.discover import discover

    values = given(var, var_file, asking=asking)
    if out is not None:
        refuse_existing(out)
    with running(directory, values, state, lambda _store: nullcontext(), no_color=no_color, empty=True) as (run, _):
        made = discover(run, host=host, provider=provider, orphans=orphans, within=within or ())
        complain(run.prepared.diagnostics, run.prepared.sources, no_color=no_color)
    if out is None:
        say(made.text or f"# {NOTHING}")
    elif made.text:
        write_new(out, made.text)
        say(_told(made, out))
    else:
        say(NOTHING)


def _told(made: Discovery, out: Path) -> str:
    from kvmplan.config.files import SUFFIX, is_configuration

    left = f" Left out: {made.left_out}; its last lines say why." if made.left_out else ""
    named = "" if is_configuration(out.name) else f" To plan with it, give it a name that ends in {SUFFIX}."
    return f"Wrote {out}: {made.found} to import. Read it, and change it as you like.{left}{named}"
