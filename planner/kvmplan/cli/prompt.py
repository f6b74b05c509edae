"""Prompts: for expressions, with history and completion on a terminal, else line by line; for values of variables."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kvmplan.config.model import Variable


def expressions(complete: Callable[[str], list[str]]) -> Iterator[str]:
    """What is typed, line by line, blank lines left out; ends with ``exit``, end of file or an interrupt."""
    if not sys.stdin.isatty():
        yield from (line.rstrip("\n") for line in sys.stdin if line.strip())
        return
    _with_completion(complete)
    while True:
        try:
            line = input("> ")
        except (EOFError, KeyboardInterrupt):
            sys.stdout.write("\n")
            return
        if line.strip() == "exit":
            return
        if line.strip():
            yield line


def ask_for_variable(variable: Variable) -> str:
    """The value of a variable as typed, sensitive ones unseen. An end of file is an interrupt."""
    described = "".join(f"  {line}\n" for line in variable.description.splitlines())
    sys.stdout.write(f"var.{variable.name}\n{described}\n")
    sys.stdout.flush()
    try:
        if variable.sensitive:
            import getpass

            text = getpass.getpass("  Enter a value: ", sys.stdout)
        else:
            text = input("  Enter a value: ")
    except EOFError:
        raise KeyboardInterrupt from None
    sys.stdout.write("\n")
    return text


def _with_completion(complete: Callable[[str], list[str]]) -> None:
    try:
        import readline
    except ImportError:
        return
    readline.set_completer_delims(" \t\n()[]{},+-*/%!<>=&|?\"'")
    readline.set_completer(lambda text, index: next(iter(completed(text, complete)[index:]), None))
    readline.parse_and_bind("tab: complete")


def completed(text: str, complete: Callable[[str], list[str]]) -> list[str]:
    """A colon alone stands before a name, two are part of one: ``x:provider::libvirt::bridge_name``."""
    *before, name = re.split("(?<!:):(?!:)", text)
    return [":".join([*before, candidate]) for candidate in complete(name)]
