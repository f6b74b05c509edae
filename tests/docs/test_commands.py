"""The reference of commands says what the command line says, of every command and every option.

``KVMPLAN_WRITE_EXPECTED=1`` writes the beginnings of sections anew; what follows them is written by hand.
"""

from __future__ import annotations

import os
import re

import pytest

from .commands_page import SHARED, beginnings, commands
from .pages import DOCS, ROOT

PAGE = DOCS / "commands.md"
WIDTH = 60
"""What a list of commands has room for."""


def test_every_command_and_option_is_told() -> None:
    if os.environ.get("KVMPLAN_WRITE_EXPECTED"):
        _write()
    head, *found = _sections()
    told = dict(found)
    assert list(told) == [*(title for title in beginnings() if title != SHARED), SHARED]
    for title, beginning in beginnings().items():
        assert told[title].strip().startswith(beginning), f"{title}: write the page anew"
    assert head[1].startswith("# Commands")


def _sections() -> list[tuple[str, str]]:
    """Titles and texts; what stands before the first has no title."""
    parts = re.split(r"^## (.+)\n", PAGE.read_text() if PAGE.exists() else "# Commands\n", flags=re.MULTILINE)
    return [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]


def _write() -> None:
    """What follows a beginning is what follows its last table, or its line of shared options."""
    (_, head), *sections = _sections()
    kept = {title: _by_hand(text) for title, text in sections}
    made = beginnings()
    titles = [*(title for title in made if title != SHARED), SHARED]
    parts = [f"## {title}\n\n{made[title]}\n\n{kept.get(title, '')}".rstrip() for title in titles]
    PAGE.write_text("\n\n".join([head.rstrip(), *parts]) + "\n")


def _by_hand(text: str) -> str:
    paragraphs = text.strip().split("\n\n")
    made = [at for at, one in enumerate(paragraphs) if one.startswith(("| option |", "And of the [shared", "```text"))]
    return "\n\n".join(paragraphs[max(made, default=-1) + 1 :])


@pytest.mark.parametrize("command", commands(), ids=lambda one: one.name)
def test_help_says_in_a_line_what_a_command_does(command: object) -> None:
    from .commands_page import Command

    assert isinstance(command, Command)
    short = command.command.get_short_help_str(WIDTH)
    assert not short.endswith("..."), f"the first sentence of {command.name} is too long for a list"
    for parameter in command.command.params:
        assert parameter.help or parameter.name == "help", f"{command.name}: {parameter.name} has no help"


def test_readme_names_every_command() -> None:
    table = "".join(line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `kvmplan"))
    first = {command.name.split()[0] for command in commands()}
    assert {name for name in first if f"`kvmplan {name}" not in table} == set()
