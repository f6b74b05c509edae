"""Equality of values, as ``==`` has it: unknowns make the answer unknown, types never convert."""

from __future__ import annotations

from collections.abc import Iterable

from kvmplan.lang.unify import has_dynamic
from kvmplan.lang.values import (
    NOT_NULL,
    ListValue,
    MapValue,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    is_number,
    is_wholly_known,
    length_range,
    mark,
    type_of_value,
    unmark,
    unmark_deep,
)
from kvmplan_sdk.types import BOOL, STRING, Dynamic, ListType, MapType, ObjectType, SetType, TupleType, Type

_UNDECIDED = Unknown(BOOL, NOT_NULL)


def equal(left: Value, right: Value) -> Value:
    """``left == right``, with the marks of both."""
    if is_null(left) or is_null(right):
        # Whether a container is null does not depend on what is sensitive inside of it.
        a, outer_left = unmark(left)
        b, outer_right = unmark(right)
        return mark(_equal(a, b), outer_left | outer_right)
    a, marks_left = unmark_deep(left)
    b, marks_right = unmark_deep(right)
    return mark(_equal(a, b), marks_left | marks_right)


def _equal(left: Value, right: Value) -> Value:
    if isinstance(left, Unknown):
        return _UNDECIDED if isinstance(right, Unknown) else _with_unknown(left, right)
    if isinstance(right, Unknown):
        return _with_unknown(right, left)
    if is_null(left) or is_null(right):
        return is_null(left) and is_null(right)
    kind = type(left)
    if kind is str or kind is bool:
        return type(right) is kind and left == right
    if is_number(left):
        return is_number(right) and left == right
    return _equal_containers(left, right)


def _equal_containers(left: Value, right: Value) -> Value:
    if _untyped_inside(left) or _untyped_inside(right):
        if not _comparable(type_of_value(left), type_of_value(right)):
            return False
        return _UNDECIDED
    if type_of_value(left) != type_of_value(right):
        return False
    if isinstance(left, SetValue) and isinstance(right, SetValue):
        return _equal_sets(left, right)
    if isinstance(left, (ListValue, TupleValue)) and isinstance(right, (ListValue, TupleValue)):
        if len(left) != len(right):
            return False
        return _in_order(zip(left.items, right.items, strict=True))
    if isinstance(left, (MapValue, ObjectValue)) and isinstance(right, (MapValue, ObjectValue)):
        if left.entries.keys() != right.entries.keys():
            return False
        return _in_any_order([(item, right.entries[name]) for name, item in left.entries.items()])
    return False


def _equal_sets(left: SetValue, right: SetValue) -> Value:
    if any(isinstance(item, Unknown) for item in (*left.items, *right.items)):
        return _UNDECIDED
    if len(left) != len(right):
        return False
    return all(_equal(a, b) is True for a, b in zip(left.items, right.items, strict=True))


def _in_order(pairs: Iterable[tuple[Value, Value]]) -> Value:
    """The answer of the first pair that is not certainly equal."""
    return next((found for left, right in pairs if (found := _equal(left, right)) is not True), True)


def _in_any_order(pairs: Iterable[tuple[Value, Value]]) -> Value:
    """False if one pair differs for certain; undecided if one may."""
    answers = [_equal(left, right) for left, right in pairs]
    return False if False in answers else next((found for found in answers if found is not True), True)


def _untyped_inside(value: Value) -> bool:
    """Whether the type of something unknown in ``value`` is unknown too."""
    if isinstance(value, Unknown):
        return has_dynamic(value.type)
    if is_wholly_known(value):
        return False
    parts = value.entries.values() if isinstance(value, (MapValue, ObjectValue)) else value.items  # type: ignore[union-attr]
    return any(map(_untyped_inside, parts))


def _comparable(left: Type, right: Type) -> bool:
    """Whether values of these types can turn out to be of one type."""
    if left == right or isinstance(left, Dynamic) or isinstance(right, Dynamic):
        return True
    match left, right:
        case (ListType(a), ListType(b)) | (SetType(a), SetType(b)) | (MapType(a), MapType(b)):
            return _comparable(a, b)
        case TupleType(a), TupleType(b):
            return len(a) == len(b) and all(map(_comparable, a, b))
        case ObjectType(a), ObjectType(b):
            return a.keys() == b.keys() and all(_comparable(kind, b[name]) for name, kind in a.items())
    return False


def _with_unknown(left: Unknown, right: Value) -> Value:
    """Whether an unknown equals a known value."""
    refined = left.refinement
    if is_null(right):
        return False if refined.not_null else _UNDECIDED
    if has_dynamic(left.type):
        return _UNDECIDED if _comparable(left.type, type_of_value(right)) else False
    if left.type != type_of_value(right):
        return False
    if left.type == STRING and isinstance(right, str) and not right.startswith(refined.prefix):
        return False
    if is_number(right) and not _within(left, right):
        return False
    if isinstance(right, (ListValue, MapValue, SetValue)):
        least, most = length_range(right)
        longest = refined.max_length
        if most < refined.min_length or (longest is not None and least > longest):
            return False
    return _UNDECIDED


def _within(bounds: Unknown, value: Value) -> bool:
    low, high = bounds.refinement.low, bounds.refinement.high
    if low is not None and (value < low or (value == low and not bounds.refinement.low_inclusive)):
        return False
    return not (high is not None and (value > high or (value == high and not bounds.refinement.high_inclusive)))


def same(left: Value, right: Value) -> bool:
    """Whether two known values without marks are equal."""
    return _equal(left, right) is True
