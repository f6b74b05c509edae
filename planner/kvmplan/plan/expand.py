"""Expansion: a block with ``count`` or ``for_each`` into its instances."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan.addresses import Key
from kvmplan.lang import (
    DYNAMIC,
    MapValue,
    ObjectValue,
    Scope,
    SetValue,
    Value,
    evaluate,
    is_known,
    is_null,
    type_of_value,
    unmark,
)
from kvmplan.lang.convert import friendly
from kvmplan.syntax import Expression
from kvmplan_sdk.diagnostics import Diagnostic, error

Repetition = Mapping[Key, Mapping[str, Value]]
"""For every instance key, the names it sees besides those of the module: ``each`` or ``count``."""


def repetition(
    count: Expression | None, for_each: Expression | None, scope: Scope, diagnostics: list[Diagnostic]
) -> Repetition | None:
    """The instances of a block; None when they cannot be told, which is an error already reported."""
    if count is not None:
        return _counted(count, scope, diagnostics)
    if for_each is not None:
        return _for_each(for_each, scope, diagnostics)
    return {None: {}}


def _counted(expression: Expression, scope: Scope, diagnostics: list[Diagnostic]) -> Repetition | None:
    before = len(diagnostics)
    value, marks = unmark(evaluate(expression, scope))
    if len(diagnostics) > before:
        return None
    if marks:
        return _refuse(
            diagnostics, "Sensitive count", "How many instances there are cannot be kept secret.", expression
        )
    if not is_known(value):
        return _refuse_unknown(diagnostics, "count", expression)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return _refuse(diagnostics, "Invalid count", "It must be a whole number, zero or more.", expression)
    return {index: {"count": ObjectValue({"index": index})} for index in range(value)}


def _for_each(expression: Expression, scope: Scope, diagnostics: list[Diagnostic]) -> Repetition | None:
    before = len(diagnostics)
    value, marks = unmark(evaluate(expression, scope))
    if len(diagnostics) > before:
        return None
    if marks:
        return _refuse(
            diagnostics,
            "Sensitive for_each",
            "Instance keys appear in addresses, so they cannot be secret.",
            expression,
        )
    if not is_known(value):
        return _refuse_unknown(diagnostics, "for_each", expression)
    if isinstance(value, (MapValue, ObjectValue)):
        pairs: list[tuple[str, Value]] = value.sorted_items()
    elif isinstance(value, SetValue) and all(isinstance(item, str) for item in value.items):
        pairs = [(str(item), item) for item in value.items]
    else:
        found = "null" if is_null(value) else friendly(type_of_value(value))
        return _refuse(
            diagnostics,
            "Invalid for_each",
            f"It must be a map, or a set of strings; this is {found}. Convert a list with toset(...).",
            expression,
        )
    return {key: {"each": ObjectValue({"key": key, "value": item})} for key, item in pairs}


def _refuse_unknown(diagnostics: list[Diagnostic], what: str, expression: Expression) -> None:
    _refuse(
        diagnostics,
        f"Unknown {what}",
        "It depends on something that only apply will tell, so the instances cannot be planned. Use values that are "
        "known before, and put what is known later into the instances' arguments.",
        expression,
    )


def _refuse(diagnostics: list[Diagnostic], summary: str, detail: str, expression: Expression) -> None:
    diagnostics.append(error(summary, detail, source=expression.range))


UNEXPANDED: Mapping[str, Value] = {
    "each": ObjectValue({"key": DYNAMIC, "value": DYNAMIC}),
    "count": ObjectValue({"index": DYNAMIC}),
}
"""What an instance sees when nobody knows yet which instances there are."""
