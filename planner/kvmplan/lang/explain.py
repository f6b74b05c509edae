"""What an expression refers to and what that is, in a few words, for a diagnostic about it."""

from __future__ import annotations

from dataclasses import replace

from kvmplan.lang.convert import friendly
from kvmplan.lang.dispatch import eval_node
from kvmplan.lang.render import render
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import (
    EPHEMERAL,
    SENSITIVE,
    ListValue,
    MapValue,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    quoted,
    type_of_value,
    unmark,
)
from kvmplan.syntax.nodes import Expression, Traversal
from kvmplan.syntax.static import references
from kvmplan_sdk.types import ANY

MAX_TEXT = 120
"""Longer texts are cut."""
MAX_STEPS = 100
"""References with more steps, which no person writes, are not looked into: every part of one is evaluated."""


def values_in(node: Expression, scope: Scope) -> tuple[tuple[str, str], ...]:
    """References in ``node`` as they are written, in order of the alphabet, and statements on their values.

    ``scope`` is one whose diagnostics nobody reads. A value that is sensitive is not told.
    """
    found: dict[str, str] = {}
    for reference in references(node):
        if len(reference.steps) > MAX_STEPS:
            continue
        known = _as_far_as_known(reference, scope)
        if known is not None and known[1]:
            found.setdefault(*known)
    return tuple(sorted(found.items()))


def _as_far_as_known(reference: Traversal, scope: Scope) -> tuple[str, str] | None:
    """The longest part of ``reference`` that has a value, and a statement on it."""
    for count in range(len(reference.steps), 0, -1):
        steps = reference.steps[:count]
        scope.diagnostics.clear()
        part = replace(reference, steps=steps, end=steps[-1].end)
        value = eval_node(part, scope)
        if not any(problem.is_error for problem in scope.diagnostics):
            return " ".join(part.text.split()), _statement(value)
    return None


def _statement(value: Value) -> str:
    bare, marks = unmark(value)
    if SENSITIVE in marks:
        return "has a sensitive value"
    if EPHEMERAL in marks:
        return "has an ephemeral value"
    if isinstance(bare, Unknown):
        return "" if bare.type == ANY else f"is {friendly(bare.type)}, known only after apply"
    return f"is {_compact(bare)}"


def _compact(value: Value) -> str:
    if is_null(value):
        return "null"
    if isinstance(value, str):
        return quoted(value) if len(value) <= MAX_TEXT else f"{quoted(value[:MAX_TEXT])} and more"
    if isinstance(value, ObjectValue):
        names = list(value.entries)
        only = f' "{names[0]}"' if len(names) == 1 else ""
        return f"an object with {_counted(len(names), 'attribute')}{only}" if names else "an object with no attributes"
    if isinstance(value, (ListValue, SetValue, TupleValue)):
        return f"{friendly(type_of_value(value))} with {_counted(len(value.items), 'element')}"
    if isinstance(value, MapValue):
        return f"{friendly(type_of_value(value))} with {_counted(len(value.entries), 'element')}"
    return render(value)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
