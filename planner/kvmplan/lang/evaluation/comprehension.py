"""Evaluating what makes collections: tuples, objects, ``for`` expressions and splats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kvmplan.lang.convert import ConversionError, convert
from kvmplan.lang.dispatch import Evaluator
from kvmplan.lang.dispatch import eval_node as _eval
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import (
    DYNAMIC,
    NO_MARKS,
    ListValue,
    MapValue,
    Marks,
    ObjectValue,
    Refinement,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    mark,
    type_of_value,
    unknown,
    unmark,
)
from kvmplan.syntax.nodes import (
    Expression,
    For,
    Literal,
    Object,
    Splat,
    Traversal,
    Tuple,
)
from kvmplan_sdk.types import ANY, BOOL, NUMBER, STRING, ListType, SetType, TupleType, Type


def _tuple(node: Tuple, scope: Scope) -> Value:
    return TupleValue([_eval(item, scope) for item in node.items])


def _object(node: Object, scope: Scope) -> Value:
    entries: dict[str, Value] = {}
    marks: Marks = NO_MARKS
    known = True
    for item in node.items:
        value = _eval(item.value, scope)
        if type(item.key) is Literal and type(item.key.value) is str:
            entries[item.key.value] = value
            continue
        if type(item.key) is Traversal:
            problem = f"A key with steps is ambiguous. Write ({item.key.text}) for its value, or quote it."
            scope.error("Ambiguous attribute key", problem, item.key)
            known = False
            continue
        key, found = _object_key(_eval(item.key, scope), item.key, scope)
        marks |= found
        if key is None:
            known = False
        else:
            entries[key] = value
    return mark(ObjectValue(entries) if known else DYNAMIC, marks)


def _object_key(value: Value, node: Expression, scope: Scope) -> tuple[str | None, Marks]:
    """A key as a string, or None where it is unknown or wrong."""
    bare, marks = unmark(value)
    if is_null(bare):
        scope.error("Null value as key", "A null value cannot be a key.", node)
        return None, marks
    try:
        key = convert(bare, STRING)
    except ConversionError as failure:
        scope.error("Incorrect key type", f"This value cannot be a key: {failure}.", node)
        return None, marks
    return (key if isinstance(key, str) else None), marks


def elements(value: Value) -> Iterable[tuple[Value, Value]] | None:
    """Key and value of every element of a known, unmarked value, in order; None if it is no collection."""
    if isinstance(value, (ListValue, TupleValue)):
        return enumerate(value.items)
    if isinstance(value, SetValue):
        return ((item, item) for item in value.items)
    if isinstance(value, (MapValue, ObjectValue)):
        return value.sorted_items()
    return None


def _for(node: For, scope: Scope) -> Value:
    collection, marks = unmark(_eval(node.collection, scope))
    if is_null(collection):
        scope.error("Iteration over null value", "A null value cannot be iterated over.", node.collection)
        return DYNAMIC
    if isinstance(collection, Unknown):
        return _for_unknown(node, collection, marks, scope)
    pairs = elements(collection)
    if pairs is None:
        problem = f"A value of type {type_of_value(collection)} cannot be iterated over; only collections can."
        scope.error("Iteration over non-iterable value", problem, node.collection)
        return DYNAMIC
    return _Loop(node, scope, marks).run(pairs)


def _for_unknown(node: For, collection: Unknown, marks: Marks, scope: Scope) -> Value:
    if collection.type in (STRING, NUMBER, BOOL):
        problem = f"A value of type {collection.type} cannot be iterated over; only collections can."
        scope.error("Iteration over non-iterable value", problem, node.collection)
    return mark(DYNAMIC, marks)


class _Loop:
    """One evaluation of a ``for`` expression."""

    def __init__(self, node: For, scope: Scope, marks: Marks) -> None:
        self._node, self._marks = node, marks
        self._names: dict[str, Any] = {}
        self._scope = scope.child(self._names)
        self._known = True
        self._items: list[Value] = []
        self._entries: dict[str, Value] = {}
        self._groups: dict[str, list[Value]] = {}

    def run(self, pairs: Iterable[tuple[Value, Value]]) -> Value:
        node, names, scope = self._node, self._names, self._scope
        for key, value in pairs:
            if node.key_name:
                names[node.key_name] = key
            names[node.value_name] = value
            if node.condition is not None and not self._wanted(node.condition):
                continue
            if node.key is None:
                self._items.append(_eval(node.value, scope))
            else:
                self._keyed(node.key)
        if not self._known:
            return mark(DYNAMIC, self._marks)
        if node.key is None:
            return mark(TupleValue(self._items), self._marks)
        if node.group:
            self._entries = {key: TupleValue(items) for key, items in self._groups.items()}
        return mark(ObjectValue(self._entries), self._marks)

    def _wanted(self, condition: Expression) -> bool:
        value, marks = unmark(_eval(condition, self._scope))
        self._marks |= marks
        if is_null(value):
            self._fail("Condition is null", "The value of the if clause is null. It must be true or false.", condition)
            return False
        try:
            wanted = convert(value, BOOL)
        except ConversionError as failure:
            self._fail("Invalid 'for' condition", f"The if clause must be a bool: {failure}.", condition)
            return False
        if isinstance(wanted, Unknown):
            self._known = False
        return wanted is True

    def _keyed(self, key_node: Expression) -> None:
        key, marks = _object_key(_eval(key_node, self._scope), key_node, self._scope)
        self._marks |= marks
        value = _eval(self._node.value, self._scope)
        if key is None:
            self._known = False
        elif self._node.group:
            self._groups.setdefault(key, []).append(value)
        elif key in self._entries:
            problem = f'Two elements have the key "{key}". Add ... after the value to gather values of equal keys.'
            shown = problem if not marks else "Two elements have the same key. Add ... after the value to gather them."
            self._fail("Duplicate object key", shown, key_node)
        else:
            self._entries[key] = value

    def _fail(self, summary: str, detail: str, at: Expression) -> None:
        self._scope.error(summary, detail, at)
        self._known = False


def _splat(node: Splat, scope: Scope) -> Value:
    before = len(scope.diagnostics)
    source, marks = unmark(_eval(node.base, scope))
    if len(scope.diagnostics) > before:
        return DYNAMIC
    type_ = type_of_value(source)
    listed = isinstance(type_, (ListType, SetType, TupleType))
    if is_null(source):
        if listed:
            problem = "A null collection has no elements to take. Check for null before."
            scope.error("Splat of null value", problem, node.base)
            return DYNAMIC
        return mark(TupleValue(()), marks)
    if type_ == ANY:
        return mark(DYNAMIC, marks)
    if isinstance(source, Unknown):
        return mark(_splat_unknown(node, source, scope) if listed else _each_unknown(node, source, scope), marks)
    if not isinstance(source, (ListValue, SetValue, TupleValue)):
        return mark(TupleValue([_eval(node.each, scope.with_item(source))]), marks)
    items = [_eval(node.each, scope.with_item(item)) for item in source.items]
    if isinstance(source, TupleValue):
        return mark(TupleValue(items), marks)
    if not items:
        made = _eval(node.each, scope.with_item(unknown(source.element)).apart())
        return mark(ListValue(type_of_value(made), ()), marks)
    element = type_of_value(items[0])
    if any(type_of_value(item) != element for item in items):
        problem = (
            "The elements of a list give values of different types here. Convert the list with tolist() or use for."
        )
        scope.error("Inconsistent splat results", problem, node)
        return DYNAMIC
    return mark(ListValue(element, items), marks)


def _each_unknown(node: Splat, source: Unknown, scope: Scope) -> Value:
    """A single value that may yet be null: no elements or one."""
    made = _eval(node.each, scope.with_item(source))
    return TupleValue([made]) if source.refinement.not_null else DYNAMIC


def _splat_unknown(node: Splat, source: Unknown, scope: Scope) -> Value:
    def each(element: Type) -> Type:
        return type_of_value(_eval(node.each, scope.with_item(unknown(element))))

    type_ = source.type
    if isinstance(type_, TupleType):
        return unknown(TupleType(tuple(map(each, type_.elements))), Refinement(not_null=True))
    assert isinstance(type_, (ListType, SetType))
    lengths = source.refinement
    refined = Refinement(True, min_length=lengths.min_length, max_length=lengths.max_length)
    return unknown(ListType(each(type_.element)), refined)


BY_NODE: dict[type, Evaluator] = {Tuple: _tuple, Object: _object, For: _for, Splat: _splat}
