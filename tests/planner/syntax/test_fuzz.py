"""Any text is parsed or refused: no exception, no hang, whatever it is."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kvmplan.lang import Scope, TupleValue, evaluate, render
from kvmplan.syntax import parse_configuration, parse_expression, parse_template
from kvmplan.syntax.format import format_configuration, layout

PIECES = [
    "a", "b.c", "for", "in", "if", "else", "endif", "endfor", "null", "true", "1", "1.5", "0", '"', '"x"', "${",
    "%{", "~}",
    "}", "{", "(", ")", "[", "]", "*", ".", "..", "...", "=>", "=", "==", ":", "::", "?", ",", "!", "-", "+", "&&",
    "||", "<",
    "/", "%", "\n", " ", "#", "//", "/*", "*/", "<<EOT\n", "<<-E\n", "EOT\n", "\nE\n", "$${", "%%{", "\\", "'",
    "`", "é", "\u0301",
    "upper(", "try(", "format(", "[*]", ".*", "\r\n", "\t", "\x00", "\ufeff",
]  # fmt: skip
SOUP = st.lists(st.sampled_from(PIECES), max_size=25).map("".join)
TEXTS = st.one_of(SOUP, st.text(max_size=60))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_expressions(text: str) -> None:
    expression, problems = parse_expression(text, "x")
    assert (expression is None) == bool(problems)
    if expression is not None:
        scope = Scope({"a": 1, "b": TupleValue([1, "x"])}, base_dir="/nonexistent")
        render(evaluate(expression, scope))
        assert all(problem.summary and problem.detail for problem in scope.diagnostics)


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_templates(text: str) -> None:
    expression, problems = parse_template(text, "x")
    assert (expression is None) == bool(problems)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_configurations(text: str) -> None:
    body, problems = parse_configuration(text, "x")
    for problem in problems:
        assert problem.source is not None
        assert problem.source.start <= problem.source.end
    assert body.range.start <= body.range.end


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_formatting_is_stable_and_keeps_the_meaning(text: str) -> None:
    made, problems = format_configuration(text, "x")
    if problems:
        assert made == text
    else:
        again, problems = format_configuration(made, "x")
        assert not problems
        assert again == made


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_layout_changes_only_white_space(text: str) -> None:
    made = layout(text)
    assert "".join(made.split()) == "".join(text.split())
