"""Evaluating what makes collections: tuples, objects, ``for`` expressions and splats."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kvmplan.lang.convert import ConversionError, convert, of_one_type
from kvmplan.lang.dispatch import Evaluator
from kvmplan.lang.dispatch import eval_node as _eval
from kvmplan.lang.scope import Entry, Scope
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
    is_known,
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
from kvmplan_sdk.types import ANY, BOOL, STRING, ListType, Primitive, SetType, TupleType, Type


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
    return mark(ObjectValue(entries), marks) if known else DYNAMIC


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
    type_ = type_of_value(collection)
    if type_ == ANY:
        return mark(DYNAMIC, marks)
    if isinstance(type_, Primitive):
        problem = f"A value of type {type_} cannot be iterated over; only collections can."
        scope.error("Iteration over non-iterable value", problem, node.collection)
        return DYNAMIC
    if node.condition is not None:
        found = _checked(node, node.condition, scope)
        if found is None:
            return DYNAMIC
        marks |= found if isinstance(collection, Unknown) else NO_MARKS
    pairs = elements(collection)
    return mark(DYNAMIC, marks) if pairs is None else _Loop(node, scope, marks).run(pairs)


def _checked(node: For, condition: Expression, scope: Scope) -> Marks | None:
    """The marks of the condition whatever the elements are, or None if it is wrong whatever they are."""
    names: dict[str, Entry] = {name: DYNAMIC for name in (node.key_name, node.value_name) if name}
    before = len(scope.diagnostics)
    marks = _condition(_eval(condition, scope.child(names)), condition, scope)[1]
    return None if len(scope.diagnostics) > before else marks


def _condition(value: Value, node: Expression, scope: Scope) -> tuple[Value, Marks]:
    """Whether an element is wanted, unknown if that is unknown or wrong, and the marks of it."""
    bare, marks = unmark(value)
    if is_null(bare):
        scope.error("Condition is null", "The value of the if clause is null. It must be true or false.", node)
    else:
        try:
            return unmark(convert(value, BOOL))[0], marks
        except ConversionError as failure:
            scope.error("Invalid 'for' condition", f"The if clause must be a bool: {failure}.", node)
    return DYNAMIC, marks


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
        value = _eval(condition, self._scope)
        if self._node.key is None and not is_known(value):
            self._known = False
            self._marks |= unmark(value)[1]
            return False
        wanted, marks = _condition(value, condition, self._judging())
        self._known = self._known and not isinstance(wanted, Unknown)
        self._marks |= marks
        return wanted is True

    def _judging(self) -> Scope:
        """The scope for what is wrong with one element, which matters only while no other may be the reason."""
        return self._scope if self._known else self._scope.apart()

    def _keyed(self, key_node: Expression) -> None:
        found = _eval(key_node, self._scope)
        if is_known(found):
            key, marks = _object_key(found, key_node, self._judging())
        else:
            key, marks = None, unmark(found)[1]
        self._marks |= marks
        if key is None:
            self._known = False
            return
        value = _eval(self._node.value, self._scope)
        if self._node.group:
            self._groups.setdefault(key, []).append(value)
        elif key in self._entries:
            which = "the same key" if self._marks else f'the key "{key}"'
            problem = f"Two elements have {which}. Add ... after the value to gather values of equal keys."
            self._scope.error("Duplicate object key", problem, key_node)
        else:
            self._entries[key] = value


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
        made = _eval(node.each, scope.with_item(unknown(source.element)))
        return mark(ListValue(type_of_value(made), ()), marks)
    try:
        return mark(of_one_type(items), marks)
    except ConversionError:
        problem = (
            "The elements of a list give values of different types here. Convert the list with tolist() or use for."
        )
        scope.error("Inconsistent splat results", problem, node)
        return DYNAMIC


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
