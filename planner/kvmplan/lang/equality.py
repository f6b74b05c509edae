"""Equality of values, as ``==`` has it: unknowns make the answer unknown, types never convert."""

from __future__ import annotations

from kvmplan.lang.convert import bare
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
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _with_unknown(left, right)
    if is_null(left) or is_null(right):
        return is_null(left) and is_null(right)
    kind = type(left)
    if kind is str or kind is bool:
        return type(right) is kind and left == right
    if is_number(left):
        return is_number(right) and left == right
    return _equal_containers(left, right)


def _equal_containers(left: Value, right: Value) -> Value:
    if not _comparable(type_of_value(left), type_of_value(right)):
        return False
    if isinstance(left, SetValue) and isinstance(right, SetValue):
        if not (is_wholly_known(left) and is_wholly_known(right)):
            return _UNDECIDED
        if len(left) != len(right):
            return False
        return _all(list(zip(left.items, right.items, strict=True)))
    if isinstance(left, (ListValue, TupleValue)) and isinstance(right, (ListValue, TupleValue)):
        if len(left) != len(right):
            return False
        return _all(list(zip(left.items, right.items, strict=True)))
    if isinstance(left, (MapValue, ObjectValue)) and isinstance(right, (MapValue, ObjectValue)):
        if left.entries.keys() != right.entries.keys():
            return False
        return _all([(item, right.entries[name]) for name, item in left.entries.items()])
    return False


def _all(pairs: list[tuple[Value, Value]]) -> Value:
    """False as soon as one pair differs for certain; undecided while one may."""
    answer: Value = True
    for left, right in pairs:
        found = _equal(left, right)
        if found is False:
            return False
        if isinstance(found, Unknown):
            answer = found
    return answer


def _comparable(left: Type, right: Type) -> bool:
    """Whether values of these types can be equal at all: the same type, but for parts that are not known."""
    if left == right:
        return True
    if isinstance(left, Dynamic) or isinstance(right, Dynamic):
        return True
    match bare(left), bare(right):
        case (ListType(a), ListType(b)) | (SetType(a), SetType(b)) | (MapType(a), MapType(b)):
            return _comparable(a, b)
        case TupleType(a), TupleType(b):
            return len(a) == len(b) and all(map(_comparable, a, b))
        case ObjectType(a), ObjectType(b):
            return a.keys() == b.keys() and all(_comparable(kind, b[name]) for name, kind in a.items())
    return False


def _with_unknown(left: Value, right: Value) -> Value:
    if not isinstance(left, Unknown):
        left, right = right, left
    assert isinstance(left, Unknown)
    refined = left.refinement
    if is_null(right):
        return False if refined.not_null else _UNDECIDED
    if not _comparable(left.type, type_of_value(right)):
        # A null equals a null of any type, so types decide only when one side is known not to be null.
        certain = not isinstance(right, Unknown) or refined.not_null or right.refinement.not_null
        return False if certain else _UNDECIDED
    if isinstance(right, Unknown):
        a, b = refined.prefix, right.refinement.prefix
        return False if a and b and not (a.startswith(b) or b.startswith(a)) else _UNDECIDED
    if left.type == STRING and isinstance(right, str) and not right.startswith(refined.prefix):
        return False
    if is_number(right) and not _within(left, right):
        return False
    if isinstance(right, (ListValue, MapValue, SetValue)):
        longest = refined.max_length
        if len(right) < refined.min_length or (longest is not None and len(right) > longest):
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
