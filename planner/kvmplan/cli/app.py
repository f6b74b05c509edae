"""The ``kvmplan`` command: its groups, and the one place where diagnostics that nobody else printed come out."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kvmplan.cli import (
    apply,
    console,
    destroy,
    discover,
    drift,
    fmt,
    force_unlock,
    graph,
    import_,
    init,
    lab,
    metadata,
    output,
    plan,
    providers,
    refresh,
    show,
    state,
    taint,
    validate,
    version,
    workspace,
)

if TYPE_CHECKING:
    from kvmplan_sdk.diagnostics import Diagnostic

app = typer.Typer(
    name="kvmplan",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback()
def everywhere(
    directory: Annotated[
        Path | None, typer.Option("--chdir", metavar="DIR", help="Work in this directory, as if called there.")
    ] = None,
) -> None:
    """Plan and apply for the network of KVM hosts."""
    if directory is not None:
        try:
            os.chdir(directory)
        except OSError as problem:
            from kvmplan_sdk.diagnostics import DiagnosticError, error

            raise DiagnosticError(
                error(f"Cannot work in {directory}", f"{problem.strerror}. Check the path of --chdir.")
            ) from problem


app.command("init")(init.init)
app.command("fmt")(fmt.fmt)
app.command("validate")(validate.validate)
app.command("plan")(plan.plan)
app.command("apply")(apply.apply)
app.command("destroy")(destroy.destroy)
app.command("drift")(drift.drift)
app.command("refresh")(refresh.refresh)
app.command("show")(show.show)
app.command("output")(output.output)
app.command("graph")(graph.graph)
app.command("console")(console.console)
app.command("discover")(discover.discover)
app.command("import")(import_.import_)
app.command("taint")(taint.taint)
app.command("untaint")(taint.untaint)
app.command("force-unlock")(force_unlock.force_unlock)
app.command("version")(version.version)
app.add_typer(providers.app, name="providers")
app.add_typer(metadata.app, name="metadata")
app.add_typer(state.app, name="state")
app.add_typer(workspace.app, name="workspace")
app.add_typer(lab.app, name="lab")

INTERRUPTED = 130
_SINGLE_DASH = re.compile(r"-[a-z][a-z-]+(=.*)?", re.DOTALL)
_USAGE_ERROR = typer.BadParameter.__mro__[2]
"""What typer raises for a command line that it does not understand: a class of the click that it brings with it."""


def run(arguments: list[str]) -> None:
    """Run the command line and exit: 0 done, 1 error, whatever else a command says. Options may be written with one
    dash, as Terraform's users do.
    """
    command = typer.main.get_command(app)
    try:
        status = command.main(args=normalized(arguments, command), prog_name="kvmplan", standalone_mode=False)
        if status == INTERRUPTED:  # what typer makes of a KeyboardInterrupt
            _tell_of_interrupt()
        sys.exit(_final(status if isinstance(status, int) else 0))
    except typer.Abort:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as problem:
        if isinstance(problem, _USAGE_ERROR):
            problem.show()  # type: ignore[attr-defined]
            sys.exit(1)
        from kvmplan.cli.terminal import complain
        from kvmplan_sdk.diagnostics import DiagnosticError

        if isinstance(problem, DiagnosticError):
            complain(problem.diagnostics)
        elif os.environ.get("KVMPLAN_TRACEBACK"):
            raise
        else:
            complain([_bug(problem)])
        sys.exit(1)


def _final(status: int) -> int:
    terminal = sys.modules.get("kvmplan.cli.terminal")  # not imported by what says nothing
    return status if terminal is None or terminal.is_all_said() else status or 1


def _tell_of_interrupt() -> None:
    from kvmplan.cli.terminal import tell
    from kvmplan.review.stream.line import line

    tell(lambda: [line("log", "Interrupted.", level="error")])
    sys.stderr.write("\nInterrupted.\n")


def normalized(arguments: list[str], command: Any) -> list[str]:
    """Long options with two dashes: ``-auto-approve`` becomes ``--auto-approve``, and flags without a value:
    ``-list=false`` becomes ``--no-list``. The values of other options stay, and so does what follows ``--``.
    ``command`` is the whole command line's, which knows the options that take a value.
    """
    result: list[str] = []
    is_value = False
    for position, argument in enumerate(arguments):
        if argument == "--" and not is_value:
            return [*result, *arguments[position:]]
        if is_value:
            is_value = False
        elif argument.startswith("-"):
            argument = f"-{argument}" if _SINGLE_DASH.fullmatch(argument) else argument
            argument = _as_flag(argument, command)
            is_value = argument in _taking_values(command)
        else:
            command = getattr(command, "commands", {}).get(argument, command)
        result.append(argument)
    return result


def _as_flag(argument: str, command: Any) -> str:
    name, given, value = argument.partition("=")
    flag = (
        next((option for option in _options(command) if option.is_flag and name in option.opts), None)
        if given
        else None
    )
    if flag is None or value not in ("true", "false"):
        return argument
    if value == "true":
        return name
    return flag.secondary_opts[0] if flag.secondary_opts else argument


def _taking_values(command: Any) -> set[str]:
    return {name for option in _options(command) if not option.is_flag for name in option.opts}


def _options(command: Any) -> list[Any]:
    return [parameter for parameter in command.params if parameter.param_type_name == "option"]


def _bug(problem: Exception) -> Diagnostic:
    from kvmplan_sdk.diagnostics import error

    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_filename}, line {trace.tb_lineno}" if trace else ""
    return error(
        "A bug in kvmplan",
        f"{type(problem).__name__}: {problem}{where}. Please report it, with what KVMPLAN_TRACEBACK=1 prints. What was "
        "under way is in the journal: the next run takes it in.",
    )
