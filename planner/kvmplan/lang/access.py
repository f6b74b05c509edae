"""Reaching into values: attributes and indices, with errors that say what there is."""

from __future__ import annotations

from fractions import Fraction

from kvmplan.lang.convert import ConversionError, convert, friendly
from kvmplan.lang.suggest import did_you_mean
from kvmplan.lang.values import (
    DYNAMIC,
    ListValue,
    MapValue,
    Marked,
    Marks,
    ObjectValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    mark,
    type_of_value,
    unknown,
    unmark,
)
from kvmplan_sdk.types import ANY, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType


class AccessError(Exception):
    """There is no such part."""

    def __init__(self, summary: str, detail: str) -> None:
        super().__init__(detail)
        self.summary, self.detail = summary, detail


def attribute(value: Value, name: str) -> Value:
    """``value.name``. Raises `AccessError`."""
    if isinstance(value, ObjectValue):
        try:
            return value.entries[name]
        except KeyError:
            raise _no_attribute(name, value.entries) from None
    if isinstance(value, Marked):
        try:
            return mark(attribute(value.value, name), value.marks)
        except AccessError as problem:
            raise _withheld(problem, value.marks) from None
    if is_null(value):
        raise AccessError(
            "Attempt to get attribute from null value", f'This value is null, so it has no attribute "{name}".'
        )
    if isinstance(value, MapValue):
        if name in value.entries:
            return value.entries[name]
        raise AccessError("Missing map element", f'This map has no element with the key "{name}".{_known(name, value)}')
    if isinstance(value, Unknown):
        return _unknown_attribute(value, name)
    kind = type_of_value(value)
    if isinstance(kind, (ListType, SetType, TupleType)):
        hint = f"Write [*].{name} for the attribute of every element, or [0].{name} for that of the first."
        raise AccessError("Unsupported attribute", f"This value is {friendly(kind)}, without attributes. {hint}")
    raise AccessError("Unsupported attribute", f'This value is {friendly(kind)}, so it has no attribute "{name}".')


def _unknown_attribute(value: Unknown, name: str) -> Value:
    match value.type:
        case ObjectType(attributes):
            if name not in attributes:
                raise _no_attribute(name, attributes)
            return unknown(attributes[name])
        case MapType(element):
            return unknown(element)
    if value.type == ANY:
        return DYNAMIC
    raise AccessError(
        "Unsupported attribute", f'This value is {friendly(value.type)}, so it has no attribute "{name}".'
    )


def _no_attribute(name: str, names: object) -> AccessError:
    hint = did_you_mean(name, names)  # type: ignore[arg-type]
    return AccessError(
        "Unsupported attribute", f'This object has no argument, nested block, or attribute named "{name}".{hint}'
    )


def _known(name: str, value: MapValue) -> str:
    return did_you_mean(name, value.entries)


def index(value: Value, key: Value) -> Value:
    """``value[key]``. Raises `AccessError`."""
    bare, marks = unmark(value)
    bare_key, key_marks = unmark(key)
    try:
        return mark(_index(bare, bare_key), marks | key_marks)
    except AccessError as problem:
        raise _withheld(problem, marks | key_marks) from None


def _withheld(problem: AccessError, marks: Marks) -> AccessError:
    """The problem without its details, which can tell a key or a length, where these are not to be shown."""
    if not marks:
        return problem
    return AccessError(problem.summary, "There is no such element. What is involved is sensitive, so it is not shown.")


def _index(value: Value, key: Value) -> Value:
    if is_null(value):
        raise AccessError("Attempt to index null value", "This value is null, so it has no elements.")
    if is_null(key):
        raise AccessError("Invalid index", "A null value cannot be an index.")
    kind = type_of_value(value)
    if kind == ANY or (isinstance(key, Unknown) and key.type == ANY):
        return DYNAMIC
    if isinstance(kind, (ListType, TupleType)):
        return _position(value, _key(key, NUMBER))
    if isinstance(kind, (MapType, ObjectType)):
        return _entry(value, _key(key, STRING))
    if isinstance(kind, SetType):
        raise AccessError(
            "Invalid index", "Elements of a set have no index. Convert it to a list first: tolist(...)[0]."
        )
    raise AccessError("Invalid index", f"This value is {friendly(kind)}, which has no elements.")


def _key(key: Value, wanted: object) -> Value:
    try:
        return convert(key, wanted)  # type: ignore[arg-type]
    except ConversionError as problem:
        raise AccessError("Invalid index", f"The given key does not identify an element: {problem}.") from None


def _position(value: Value, at: Value) -> Value:
    kind = type_of_value(value)
    if isinstance(at, Unknown):
        return unknown(kind.element) if isinstance(kind, ListType) else DYNAMIC
    if isinstance(value, Unknown) and isinstance(kind, ListType):
        return unknown(kind.element)
    assert isinstance(at, (int, float, Fraction))
    given, at = at, int(at)
    if given != at:
        raise AccessError("Invalid index", "The given key does not identify an element: an index is a whole number.")
    if isinstance(value, Unknown):
        assert isinstance(kind, TupleType)
        if not 0 <= at < len(kind.elements):
            raise _out_of_range(at, len(kind.elements))
        return unknown(kind.elements[at])
    assert isinstance(value, (ListValue, TupleValue))
    if not 0 <= at < len(value.items):
        raise _out_of_range(at, len(value.items))
    return value.items[at]


def _out_of_range(at: int, count: int) -> AccessError:
    has = "it is empty" if not count else f"its indices go from 0 to {count - 1}"
    negative = " Negative indices are not supported." if at < 0 else ""
    return AccessError("Invalid index", f"The index {at} does not identify an element: {has}.{negative}")


def _entry(value: Value, key: Value) -> Value:
    if isinstance(key, Unknown):
        kind = type_of_value(value)
        return unknown(kind.element) if isinstance(kind, MapType) else DYNAMIC
    assert isinstance(key, str)
    if isinstance(value, Unknown):
        return unknown(value.type.element) if isinstance(value.type, MapType) else DYNAMIC
    assert isinstance(value, (MapValue, ObjectValue))
    if key not in value.entries:
        hint = did_you_mean(key, value.entries)
        raise AccessError("Invalid index", f'The key "{key}" does not identify an element.{hint}')
    return value.entries[key]
