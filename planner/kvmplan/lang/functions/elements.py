"""What the functions of collections share: the elements of a value, and how many there are."""

from __future__ import annotations

from kvmplan.lang.values import (
    ListValue,
    SetValue,
    TupleValue,
    Value,
    length_range,
    type_of_value,
)
from kvmplan_sdk.types import ListType, MapType, SetType, TupleType, Type

LISTED = (ListType, SetType, TupleType)


def items_of(value: Value) -> tuple[Value, ...]:
    """The elements of a known list, set or tuple."""
    assert isinstance(value, (ListValue, SetValue, TupleValue))
    return value.items


def element_of(value: Value) -> Type:
    kind = type_of_value(value)
    assert isinstance(kind, (ListType, SetType, MapType))
    return kind.element


def is_list_or_tuple(value: Value) -> bool:
    return isinstance(type_of_value(value), (ListType, TupleType))


def is_uncertain(value: Value) -> bool:
    """Whether how many elements there are is not known."""
    if not isinstance(value, SetValue):
        return False
    low, high = length_range(value)
    return low != high
