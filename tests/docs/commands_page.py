"""The reference of commands as the command line itself tells it: for each command a section's beginning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import Any

from typer.main import get_command

from kvmplan.cli.app import app

SHARED = "Options of several commands"
_SEVERAL = 4
"""An option that so many commands have is told once."""


@dataclass(frozen=True, slots=True)
class Command:
    """``name``: as it is typed after ``kvmplan``."""

    name: str
    command: Any

    @property
    def arguments(self) -> Sequence[Any]:
        return [one for one in self.command.params if one.param_type_name == "argument"]

    @property
    def options(self) -> Sequence[Any]:
        return [one for one in self.command.params if one.param_type_name == "option" and one.name != "help"]


def commands() -> list[Command]:
    """All that do something, groups of commands themselves left out unless they do."""
    return sorted(_below(get_command(app), ""), key=lambda one: one.name)


def _below(command: Any, name: str) -> Iterator[Command]:
    for part, child in getattr(command, "commands", {}).items():
        yield from _below(child, f"{name} {part}".strip())
    if name and (not hasattr(command, "commands") or command.invoke_without_command):
        yield Command(name, command)


def beginnings() -> Mapping[str, str]:
    """What sections of the page begin with, by heading."""
    every = commands()
    counted = Counter(_row(option) for one in every for option in one.options)
    shared = sorted(row for row, count in counted.items() if count >= _SEVERAL)
    found = {f"kvmplan {one.name}": _beginning(one, shared) for one in every}
    return {**found, SHARED: _table(shared)}


def _beginning(one: Command, shared: Sequence[str]) -> str:
    usage = " ".join(["kvmplan", one.name, "[OPTIONS]", *(argument.metavar for argument in one.arguments)])
    own = [_row(option) for option in one.options if _row(option) not in shared]
    common = [_names(option) for option in one.options if _row(option) in shared]
    parts = [_wrapped(_one_line(one.command.help or "")), f"```text\n{usage}\n```"]
    rows = [*map(_argument_row, one.arguments), *own]
    parts += [_table(rows)] if rows else []
    link = f"[shared ones](#{SHARED.lower().replace(' ', '-')})"
    parts += [_wrapped(f"And of the {link}: {', '.join(common)}.")] if common else []
    return "\n\n".join(parts)


def _table(rows: Sequence[str]) -> str:
    return "\n".join(["| option | what it does |", "| --- | --- |", *rows])


def _argument_row(argument: Any) -> str:
    return f"| `{argument.metavar}` | {_one_line(argument.help or '')} |"


def _row(option: Any) -> str:
    value = "" if option.is_flag else f" {option.metavar or _choices(option)}"
    default = (
        ""
        if option.is_flag or option.default in (None, "", ())
        else f" Left out: `{getattr(option.default, 'value', option.default)}`."
    )
    return f"| {_names(option, value)} | {_one_line(option.help or '')}{default} |"


def _names(option: Any, value: str = "") -> str:
    value = value.replace("|", "\\|")
    return ", ".join(f"`{name}{value}`" for name in [*option.opts, *option.secondary_opts])


def _choices(option: Any) -> str:
    return "|".join(map(str, getattr(option.type, "choices", [option.type.name.upper()])))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _wrapped(text: str) -> str:
    return fill(text, 120, break_long_words=False, break_on_hyphens=False)
