"""Options that several commands share."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer


class WhenItFails(Enum):
    KEEP = "keep"
    ROLLBACK = "rollback"


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
Input = Annotated[bool, typer.Option("--input/--no-input", help="Ask on a terminal for variables without a value.")]
AutoApprove = Annotated[bool, typer.Option("--auto-approve", help="Do not ask for approval.")]
ExpectDigest = Annotated[
    str | None,
    typer.Option("--expect-digest", metavar="DIGEST", help="Apply only a plan of this digest, as plan --out told it."),
]
Parallelism = Annotated[int, typer.Option("--parallelism", metavar="N", min=1, help="How many steps run at once.")]
OnFailure = Annotated[
    WhenItFails,
    typer.Option("--on-failure", help="What becomes of what was done when something fails: kept, or rolled back."),
]
Lock = Annotated[
    bool, typer.Option("--lock/--no-lock", help="Hold the state's lock meanwhile; without, nobody else may be at work.")
]

LockTimeout = Annotated[
    str, typer.Option("--lock-timeout", metavar="DURATION", help="How long to wait for the lock: 30s, 5m.")
]
Json = Annotated[bool, typer.Option("--json", help="Print a stream of JSON lines, for programs.")]
JsonInto = Annotated[
    Path | None, typer.Option("--json-into", metavar="FILE", help="Write that stream into a file, and print text.")
]
CompactWarnings = Annotated[bool, typer.Option("--compact-warnings", help="Print warnings in a line each.")]
HERE = Path()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """The options that say what a plan covers: a command takes all of them by a parameter ``options``, see `spread`."""

    replace: Replace = None
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target",
            metavar="ADDRESS",
            help="Plan only this resource, instance or module, and what it needs; may be repeated.",
        ),
    ] = None
    target_file: Annotated[
        list[Path] | None,
        typer.Option("--target-file", metavar="FILE", help="The same for every address in a file, one a line."),
    ] = None
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            "--exclude",
            metavar="ADDRESS",
            help="Leave out this resource, instance or module, and what needs it; may be repeated.",
        ),
    ] = None
    exclude_file: Annotated[
        list[Path] | None,
        typer.Option("--exclude-file", metavar="FILE", help="The same for every address in a file, one a line."),
    ] = None
    refresh: Annotated[
        bool, typer.Option("--refresh/--no-refresh", help="Look at the hosts before planning, as is the rule.")
    ] = True
    allow_destroy: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-destroy",
            metavar="ADDRESS",
            help="Let this, or all in this module, be destroyed although prevent_destroy is set; may be repeated.",
        ),
    ] = None
    refresh_only: Annotated[
        bool, typer.Option("--refresh-only", help="Only let the state follow the hosts, and change nothing on these.")
    ] = False

    @property
    def given(self) -> list[str]:
        """Those that are not as they are without being given: ``--replace``."""
        return [
            f"--{field.name.replace('_', '-')}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        ]


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """``command`` with an option for every field of `PlanOptions` in the place of its parameter ``options``."""
    signature = inspect.signature(command)
    hints = get_type_hints(PlanOptions, include_extras=True)
    spread_out = [
        inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=hints[one.name])
        for one in dataclasses.fields(PlanOptions)
    ]

    @wraps(command)
    def with_options(**arguments: Any) -> None:
        options = PlanOptions(**{one.name: arguments.pop(one.name) for one in spread_out})
        command(**arguments, options=options)

    own = get_type_hints(command, include_extras=True)
    parameters: list[inspect.Parameter] = []
    for name, parameter in signature.parameters.items():
        made = parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=own[name])
        parameters += spread_out if name == "options" else [made]
    with_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    with_options.__annotations__ = {one.name: one.annotation for one in parameters}
    return with_options
