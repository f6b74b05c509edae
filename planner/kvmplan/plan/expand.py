"""Expansion: a block with ``count`` or ``for_each`` into its instances."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan.addresses import Key
from kvmplan.lang import (
    DYNAMIC,
    SENSITIVE,
    ConversionError,
    MapValue,
    Marks,
    ObjectValue,
    Scope,
    SetValue,
    Value,
    convert,
    evaluate,
    is_known,
    is_null,
    is_wholly_known,
    type_of_value,
    unknown,
    unmark,
)
from kvmplan.lang.convert import friendly
from kvmplan.syntax import Expression
from kvmplan_sdk.diagnostics import Diagnostic, has_errors
from kvmplan_sdk.types import NUMBER, STRING

Repetition = Mapping[Key, Mapping[str, Value]]
"""For every instance key, the names it sees besides those of the module: ``each`` or ``count``."""


def repetition(
    count: Expression | None,
    for_each: Expression | None,
    scope: Scope,
    diagnostics: list[Diagnostic],
    *,
    excused: bool = False,
) -> Repetition | None:
    """The instances of a block; None when they cannot be told, which is an error then reported, unless ``excused`` by
    one before.
    """
    expression = count if count is not None else for_each
    if expression is None:
        return {None: {}}
    tried = scope.apart()
    value, marks = unmark(evaluate(expression, tried))
    diagnostics += tried.diagnostics
    if has_errors(tried.diagnostics) or (not _tells_instances(value) and (excused or has_errors(diagnostics))):
        return None
    what = "count" if count is not None else "for_each"
    refusal = _refusal(what, value, marks)
    found = refusal if refusal is not None else (_counted(value) if count is not None else _for_each(value))
    if not isinstance(found, str):
        return found
    tried = scope.apart()
    tried.error(f"Invalid {what}", found, expression)
    diagnostics += tried.diagnostics
    return None


def check_repetition(
    count: Expression | None, for_each: Expression | None, scope: Scope, diagnostics: list[Diagnostic]
) -> None:
    """What is wrong with a repetition whatever the values are that ``scope`` does not know yet."""
    expression = count if count is not None else for_each
    if expression is not None:
        tried = scope.apart()
        value, marks = unmark(evaluate(expression, tried))
        if _tells_instances(value) or marks or has_errors(tried.diagnostics):
            repetition(count, for_each, scope, diagnostics)


def _tells_instances(value: Value) -> bool:
    """Whether the keys of the instances are known: for a map its values need not be."""
    return is_wholly_known(value) if isinstance(value, SetValue) else is_known(value)


def _refusal(what: str, value: Value, marks: Marks) -> str | None:
    if marks:
        return f'"{what}" is {_kind(marks)}, but instance keys appear in addresses and plans, so it cannot be.'
    if not _tells_instances(value):
        return (
            f'"{what}" depends on something that only apply will tell, so the instances cannot be planned. Take the '
            "keys from what is known before, and put what is known later into the instances' arguments. Where that "
            "cannot be, make first what it depends on: kvmplan apply --target ADDRESS."
        )
    return None


def _kind(marks: Marks) -> str:
    return "sensitive" if SENSITIVE in marks else "ephemeral"


def _counted(value: Value) -> Repetition | str:
    try:
        number = convert(value, NUMBER)
    except ConversionError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        return "It must be a whole number, zero or more."
    return {index: {"count": ObjectValue({"index": index})} for index in range(number)}


def _for_each(value: Value) -> Repetition | str:
    pairs: list[tuple[str, Value]]
    if isinstance(value, (MapValue, ObjectValue)):
        pairs = value.sorted_items()
    elif isinstance(value, SetValue) and all(isinstance(item, str) for item in value.items):
        pairs = [(str(item), item) for item in value.items]
    else:
        found = "null" if is_null(value) else friendly(type_of_value(value))
        return f"It must be a map, or a set of strings; this is {found}. Convert a list with toset(...)."
    return {key: {"each": ObjectValue({"key": key, "value": item})} for key, item in pairs}


UNEXPANDED: Mapping[str, Value] = {
    "each": ObjectValue({"key": unknown(STRING), "value": DYNAMIC}),
    "count": ObjectValue({"index": unknown(NUMBER)}),
}
"""What an instance sees when nobody knows yet which instances there are."""
