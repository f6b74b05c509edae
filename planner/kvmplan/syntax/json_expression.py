"""JSON values as expressions: strings are templates, or what else the argument's `Reading` makes of them."""

from __future__ import annotations

from kvmplan.syntax.json_scanner import JsonArray, JsonObject, JsonScalar, JsonString, JsonValue
from kvmplan.syntax.nodes import Expression, Literal, Object, ObjectItem, Reading, Traversal, Tuple
from kvmplan.syntax.parse import expression_in, template_in
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.diagnostics import Diagnostic, error


def as_expression(value: JsonValue, reading: Reading, problems: list[Diagnostic]) -> Expression:
    """The expression that ``value`` writes. It is made once, and what is wrong with it is told that once."""
    made = value.made.get(reading)
    if made is None:
        made = value.made[reading] = _read(value, reading, problems)
    return made


def _read(value: JsonValue, reading: Reading, problems: list[Diagnostic]) -> Expression:
    if isinstance(value, JsonString):
        return _string(value, reading, problems)
    if isinstance(value, JsonScalar):
        return Literal(value.source, value.start, value.end, value.value)
    if isinstance(value, JsonArray):
        items = tuple(as_expression(item, reading, problems) for item in value.items)
        return Tuple(value.source, value.start, value.end, items)
    assert isinstance(value, JsonObject)
    return _object(value, reading, problems)


def _string(value: JsonString, reading: Reading, problems: list[Diagnostic]) -> Expression:
    if reading is Reading.REFERENCE:
        found, _ = expression_in(value.embedded())
        if isinstance(found, Traversal):
            return found
    if reading is Reading.EXPRESSION:
        found, mistakes = expression_in(value.embedded())
    elif reading is not Reading.LITERAL and ("${" in value.value or "%{" in value.value):
        found, mistakes = template_in(value.embedded())
    else:
        return Literal(value.source, value.start, value.end, normalized(value.value))
    problems += mistakes
    return found or Literal(value.source, value.start, value.end, None)


def _object(value: JsonObject, reading: Reading, problems: list[Diagnostic]) -> Object:
    items: list[ObjectItem] = []
    first: dict[str, JsonString] = {}
    for entry in value.properties:
        key = as_expression(entry.name, reading, problems)
        if isinstance(key, Literal) and first.setdefault(str(key.value), entry.name) is not entry.name:
            problems.append(
                error(
                    "Duplicate property",
                    f'"{key.value}" was already set at {first[str(key.value)].range}. Remove one of them.',
                    source=entry.name.range,
                )
            )
        items.append(ObjectItem(key, as_expression(entry.value, reading, problems)))
    return Object(value.source, value.start, value.end, tuple(items))
