"""Functions that combine sets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from kvmplan.lang.convert import convert, unify
from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.elements import element_of, is_uncertain, items_of
from kvmplan.lang.values import (
    NO_MARKS,
    NOT_NULL,
    ListValue,
    Marks,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    identity,
    is_wholly_known,
    make_set,
    mark,
    type_of_value,
    unknown,
    unmark,
)
from kvmplan_sdk.types import ANY, ListType, SetType, TupleType, Type

REGISTRY: Registry = {}


def _set_operation(name: str, doc: str, combine: Any) -> None:
    def result(*sets: Value) -> Type:
        kinds = [element_of(value) for value in sets if not _is_empty_untyped(value)]
        common = unify(kinds)
        if common is None:
            raise FunctionError("given sets must all have compatible element types")
        return SetType(common)

    def implementation(*sets: Value) -> Value:
        type_ = result(*sets)
        assert isinstance(type_, SetType)
        made = [convert(value, type_) for value in sets]
        if name != "setunion" and not all(map(is_wholly_known, made)):
            return unknown(type_, NOT_NULL)
        return make_set(type_.element, combine([{identity(i): i for i in items_of(value)} for value in made]))

    implementation.__doc__ = doc
    param = SetType(ANY)
    if name == "setsubtract":
        define(REGISTRY, name, Param("a", param), Param("b", param), returns=result)(implementation)
    else:
        define(REGISTRY, name, Param("first_set", param), variadic=Param("other_sets", param), returns=result)(
            implementation
        )


def _is_empty_untyped(value: Value) -> bool:
    return isinstance(value, SetValue) and not value.items and value.element == ANY


def _union(sets: Sequence[dict[object, Value]]) -> Iterable[Value]:
    return {key: item for each in sets for key, item in each.items()}.values()


def _intersection(sets: Sequence[dict[object, Value]]) -> Iterable[Value]:
    return [item for key, item in sets[0].items() if all(key in other for other in sets[1:])]


def _difference(sets: Sequence[dict[object, Value]]) -> Iterable[Value]:
    return [item for key, item in sets[0].items() if key not in sets[1]]


_set_operation("setunion", "The elements of any of the sets.", _union)


_set_operation("setintersection", "The elements that all sets have.", _intersection)


_set_operation("setsubtract", "The elements of `a` that are not in `b`.", _difference)


def _setproduct_type(*sets: Value) -> Type:
    if len(sets) < 2:
        raise FunctionError("at least two arguments are required")
    elements: list[Type] = []
    for at, value in enumerate(sets):
        kind = type_of_value(value)
        if isinstance(kind, (ListType, SetType)):
            elements.append(kind.element)
        elif isinstance(kind, TupleType):
            common = unify(kind.elements)
            if common is None:
                raise FunctionError("all elements must be of the same type", at)
            elements.append(common)
        else:
            raise FunctionError("a set or a list is required", at)
    row = TupleType(tuple(elements))
    any_set = any(isinstance(type_of_value(value), SetType) for value in sets)
    return SetType(row) if any_set else ListType(row)


@define(REGISTRY, "setproduct", variadic=Param("sets", unknown=True, marked=True), returns=_setproduct_type)
def setproduct(*sets: Value) -> Value:
    """Every combination of one element from each of `sets`."""
    type_ = _setproduct_type(*sets)
    assert isinstance(type_, (ListType, SetType)) and isinstance(type_.element, TupleType)
    marks: Marks = NO_MARKS
    columns: list[tuple[Value, ...]] = []
    certain = True
    for value, kind in zip(sets, type_.element.elements, strict=True):
        bare, found = unmark(value)
        marks |= found
        if isinstance(bare, Unknown) or is_uncertain(bare):
            certain = False
        else:
            columns.append(tuple(convert(item, kind) for item in items_of(bare)))
    if not certain:
        return mark(unknown(type_, NOT_NULL), marks)
    total = 1
    for column in columns:
        total *= len(column)
    if total > 1_000_000:
        raise FunctionError("more than a million combinations")
    rows = [TupleValue(row) for row in product(*columns)]
    if isinstance(type_, ListType):
        return mark(ListValue(type_.element, rows), marks)
    return mark(make_set(type_.element, rows), marks)
