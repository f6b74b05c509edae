"""Evaluating templates: strings with interpolations and directives."""

from __future__ import annotations

from kvmplan.lang.convert import ConversionError, convert
from kvmplan.lang.dispatch import Evaluator
from kvmplan.lang.dispatch import eval_node as _eval
from kvmplan.lang.scope import Scope
from kvmplan.lang.text import safe_prefix
from kvmplan.lang.values import (
    NO_MARKS,
    Marks,
    Refinement,
    TupleValue,
    Unknown,
    Value,
    is_null,
    mark,
    unknown,
    unmark,
    unmark_deep,
)
from kvmplan.syntax.nodes import (
    Expression,
    Literal,
    Template,
    TemplateFor,
)
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.types import STRING


def _template(node: Template, scope: Scope) -> Value:
    parts: list[str] = []
    marks: Marks = NO_MARKS
    prefix: str | None = None
    for part in node.parts:
        if type(part) is Literal and type(part.value) is str:
            parts.append(part.value)
            continue
        value, found = unmark_deep(_eval(part, scope))
        marks |= found
        text = _as_text(value, part, scope)
        if text is None:
            prefix = "".join(parts) if prefix is None else prefix
        else:
            parts.append(text)
    if prefix is not None:
        return mark(Unknown(STRING, Refinement(not_null=True, prefix=safe_prefix(normalized(prefix)))), marks)
    return mark(normalized("".join(parts)), marks)


def _as_text(value: Value, part: Expression, scope: Scope) -> str | None:
    if type(value) is str:
        return value
    if is_null(value):
        problem = "The value is null, and null cannot be part of a string. Use coalesce() or a conditional."
        scope.error("Invalid template interpolation value", problem, part)
        return None
    if isinstance(value, Unknown):
        return None
    try:
        text = convert(value, STRING)
    except ConversionError as failure:
        problem = f"This value cannot be part of a string: {failure}. Use join() or jsonencode()."
        scope.error("Invalid template interpolation value", problem, part)
        return None
    assert isinstance(text, str)
    return text


def _template_for(node: TemplateFor, scope: Scope) -> Value:
    value, marks = unmark(_eval(node.each, scope))
    if not isinstance(value, TupleValue):
        return mark(unknown(STRING), marks)
    parts: list[str] = []
    for item in value.items:
        bare, found = unmark(item)
        marks |= found
        if not isinstance(bare, str):
            return mark(unknown(STRING), marks)
        parts.append(bare)
    return mark(normalized("".join(parts)), marks)


BY_NODE: dict[type, Evaluator] = {Template: _template, TemplateFor: _template_for}
