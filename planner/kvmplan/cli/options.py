"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Var = Annotated[
    list[str] | None, typer.Option("--var", metavar="NAME=VALUE", help="Set an input variable; may be repeated.")
]
VarFile = Annotated[
    list[str] | None,
    typer.Option("--var-file", metavar="FILE", help="Read input variables from a file; may be repeated."),
]
StatePath = Annotated[
    Path | None,
    typer.Option("--state", metavar="FILE", help="Where the state is kept, if not where the configuration says."),
]
Directory = Annotated[Path, typer.Option("--chdir", metavar="DIR", help="The directory of the configuration.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="No colours, also on a terminal.")]
Replace = Annotated[
    list[str] | None,
    typer.Option("--replace", metavar="ADDRESS", help="Make this instance anew, changed or not; may be repeated."),
]
AutoApprove = Annotated[bool, typer.Option("--auto-approve", help="Do not ask for approval.")]
Parallelism = Annotated[int, typer.Option("--parallelism", metavar="N", min=1, help="How many steps run at once.")]
HERE = Path()
