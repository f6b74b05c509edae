"""The entry points: text in, tree and diagnostics out. Nothing is evaluated, and nothing raises.

The parser is imported when something must be parsed: most runs read back what an earlier one parsed
(`kvmplan.syntax.kept`).
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kvmplan.syntax.nodes import Body, Expression
from kvmplan.syntax.source import START, Source
from kvmplan_sdk.diagnostics import Diagnostic, Position, error

BYTE_ORDER_MARK = "\ufeff"


def parse_configuration(text: str | bytes, filename: str) -> tuple[Body, list[Diagnostic]]:
    """The body of a configuration file, as far as it could be read."""
    if isinstance(text, bytes):
        data = text
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as problem:
            source = Source(data[: problem.start].decode("utf-8"), filename)
            at = source.range(len(source.text), len(source.text))
            found = error("Invalid character encoding", "Not valid UTF-8 here. Save the file as UTF-8.", source=at)
            return Body(source, 0, 0, {}, ()), [found]
    source = Source(text.removeprefix(BYTE_ORDER_MARK), filename)
    made, problems = _parse(source, "start")
    return (made if isinstance(made, Body) else Body(source, 0, len(source.text), {}, ())), problems


def parse_json_configuration(text: str, filename: str) -> tuple[Body, list[Diagnostic]]:
    """The body of a configuration file in JSON syntax, empty when it cannot be read."""
    from kvmplan.syntax.json_body import configuration_in

    return configuration_in(Source(text.removeprefix(BYTE_ORDER_MARK), filename))


def parse_json_values(text: str, filename: str) -> tuple[Body, list[Diagnostic]]:
    """An object of plain values, in which no string is a template, as a body of arguments: a file of variables."""
    from kvmplan.syntax.json_body import values_in

    return values_in(Source(text.removeprefix(BYTE_ORDER_MARK), filename))


def parse_expression(text: str, filename: str, start: Position = START) -> tuple[Expression | None, list[Diagnostic]]:
    """A lone expression; newlines in it mean nothing. None when there are errors."""
    return expression_in(Source(text, filename, start))


def parse_template(text: str, filename: str, start: Position = START) -> tuple[Expression | None, list[Diagnostic]]:
    """A bare template: a file's content, or a string from JSON syntax. None when there are errors."""
    return template_in(Source(text, filename, start))


def expression_in(source: Source) -> tuple[Expression | None, list[Diagnostic]]:
    """`parse_expression` of all of ``source``."""
    return _lone(source, "lone_expression")


def template_in(source: Source) -> tuple[Expression | None, list[Diagnostic]]:
    """`parse_template` of all of ``source``."""
    return _lone(source, "lone_template")


def _lone(source: Source, start: str) -> tuple[Expression | None, list[Diagnostic]]:
    made, problems = _parse(source, start)
    return (made if isinstance(made, Expression) and not problems else None), problems


def _parse(source: Source, start: str) -> tuple[Any, list[Diagnostic]]:
    from kvmplan.syntax.builder import Builder
    from kvmplan.syntax.driver import Driver
    from kvmplan.syntax.grammar import tables
    from kvmplan.syntax.lexer import Lexer

    problems: list[Diagnostic] = []
    with paused_gc():
        tokens = Lexer(source.text).scan(newlines=start == "start", template=start == "lone_template")
        made = Driver(tables(), Builder(source, problems), problems).run(tokens, start)
    return made, problems


@contextmanager
def paused_gc() -> Iterator[None]:
    """The cyclic collector makes building large trees quadratic; trees hold no cycles that matter."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
