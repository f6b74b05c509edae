"""What the tests of the language share: evaluate a text, expect no or some diagnostics."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan.lang import Entry, Scope, Value, evaluate
from kvmplan.syntax import parse_expression


def value_of(text: str, variables: Mapping[str, Entry] | None = None) -> Value:
    """The value of ``text``, which must have no errors."""
    value, said = try_value(text, variables)
    assert not said, said
    return value


def try_value(text: str, variables: Mapping[str, Entry] | None = None) -> tuple[Value, list[str]]:
    """The value of ``text``, and the summaries of its diagnostics."""
    expression, problems = parse_expression(text, "test")
    assert expression is not None, problems
    scope = Scope(variables or {})
    value = evaluate(expression, scope)
    return value, [problem.summary for problem in scope.diagnostics]
