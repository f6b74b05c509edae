"""The ``kvmplan`` command: its groups, and the one place where diagnostics that nobody else printed come out."""

from __future__ import annotations

import re
import sys

import typer

from kvmplan.cli import apply, console, destroy, lab, plan, show, state, validate

app = typer.Typer(
    name="kvmplan",
    help="Plan and apply for the network of KVM hosts.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    add_completion=True,
)
app.command("validate")(validate.validate)
app.command("plan")(plan.plan)
app.command("apply")(apply.apply)
app.command("destroy")(destroy.destroy)
app.command("show")(show.show)
app.command("console")(console.console)
app.add_typer(state.app, name="state")
app.add_typer(lab.app, name="lab")

_SINGLE_DASH = re.compile(r"-[a-z][a-z-]+(=.*)?", re.DOTALL)


def run(arguments: list[str]) -> None:
    """Run the command line. Options may be written with one dash, as Terraform's users do."""
    from kvmplan.cli.terminal import complain

    try:
        app(args=normalized(arguments), prog_name="kvmplan")
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted.\n")
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as problem:
        from kvmplan_sdk.diagnostics import DiagnosticError

        if not isinstance(problem, DiagnosticError):
            raise
        complain(problem.diagnostics)
        sys.exit(1)


def normalized(arguments: list[str]) -> list[str]:
    """Long options with two dashes: ``-auto-approve`` becomes ``--auto-approve``; what follows ``--`` stays."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [
        f"-{argument}" if _SINGLE_DASH.fullmatch(argument) else argument for argument in arguments[:end]
    ] + arguments[end:]
