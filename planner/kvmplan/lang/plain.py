"""Values across the line to providers, state and plan files: plain Python shaped by a type, and JSON.

Marks do not cross; `to_plain_with_marks` lists them by path and `from_plain` puts them back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, TypeGuard

from kvmplan.lang.convert import bare
from kvmplan.lang.values import (
    DYNAMIC,
    ListValue,
    MapValue,
    Marked,
    Marks,
    Null,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    make_set,
    mark,
    null,
    type_of_value,
    unknown,
    unmark_deep,
)
from kvmplan.syntax.number import number_text, parse_number
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.types import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Dynamic,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
)
from kvmplan_sdk.values import UNKNOWN, Path, Typed
from kvmplan_sdk.values import Value as Plain


def to_plain(value: Value) -> Plain:
    """``value`` as plain Python, without marks: see `kvmplan_sdk.values`."""
    return _plain(value, (), None)


def to_plain_with_marks(value: Value) -> tuple[Plain, dict[Path, Marks]]:
    """``value`` as plain Python, and the marks by the path of what they are on."""
    marks: dict[Path, Marks] = {}
    return _plain(value, (), marks), marks


def _plain(value: Value, at: Path, marks: dict[Path, Marks] | None) -> Plain:
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value  # type: ignore[return-value]
    if isinstance(value, Marked):
        if marks is not None:
            marks[at] = value.marks
        return _plain(value.value, at, marks)
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, (Fraction, float)):
        return Decimal(number_text(value))
    if isinstance(value, (ObjectValue, MapValue)):
        return {name: _plain(item, (*at, name), marks) for name, item in value.entries.items()}
    if isinstance(value, (ListValue, SetValue, TupleValue)):
        return [_plain(item, (*at, index), marks) for index, item in enumerate(value.items)]
    return None


def from_plain(plain: Plain, type_: Type, marks: Mapping[Path, Marks] | None = None) -> Value:
    """The value of ``type_`` that ``plain`` stands for. Raises `ValueError` when it is not shaped like the type."""
    return _value(plain, type_, (), marks or {})


def _value(plain: Plain, type_: Type, at: Path, marks: Mapping[Path, Marks]) -> Value:
    if isinstance(plain, Typed):
        return _value(plain.value, plain.type, at, marks)
    made = _bare_value(plain, type_, at, marks)
    return mark(made, marks[at]) if marks and at in marks else made


def _bare_value(plain: Plain, type_: Type, at: Path, marks: Mapping[Path, Marks]) -> Value:
    if plain is UNKNOWN:
        return unknown(bare(type_))
    if plain is None:
        return null(bare(type_))
    match type_:
        case Dynamic():
            return _guessed(plain, at, marks)
        case ObjectType(attributes) if isinstance(plain, Mapping):
            return ObjectValue({n: _value(plain.get(n), kind, (*at, n), marks) for n, kind in attributes.items()})
        case MapType(element) if isinstance(plain, Mapping):
            return MapValue(bare(element), {n: _value(item, element, (*at, n), marks) for n, item in plain.items()})
        case ListType(element) if _listed(plain):
            return ListValue(bare(element), _items(plain, element, at, marks))
        case SetType(element) if _listed(plain):
            return make_set(bare(element), _items(plain, element, at, marks))
        case TupleType(elements) if _listed(plain) and len(plain) == len(elements):
            pairs = enumerate(zip(plain, elements, strict=True))
            return TupleValue(_value(item, kind, (*at, index), marks) for index, (item, kind) in pairs)
    if type_ == STRING and isinstance(plain, str):
        return normalized(plain)
    if type_ == BOOL and isinstance(plain, bool):
        return plain
    if type_ == NUMBER and not isinstance(plain, bool) and isinstance(plain, (int, Decimal, float, str)):
        return plain if isinstance(plain, int) else parse_number(str(plain))
    where = "".join(f"[{step!r}]" for step in at)
    raise ValueError(f"the value{where} is not of type {type_}")


def _listed(plain: Plain) -> TypeGuard[Sequence[Plain]]:
    return isinstance(plain, Sequence) and not isinstance(plain, str)


def _items(plain: Any, element: Type, at: Path, marks: Mapping[Path, Marks]) -> list[Value]:
    return [_value(item, element, (*at, index), marks) for index, item in enumerate(plain)]


def _guessed(plain: Plain, at: Path, marks: Mapping[Path, Marks]) -> Value:
    if isinstance(plain, Mapping):
        return ObjectValue({name: _value(item, ANY, (*at, name), marks) for name, item in plain.items()})
    if isinstance(plain, str):
        return normalized(plain)
    if isinstance(plain, (bool, int)):
        return plain
    if isinstance(plain, (Decimal, float)):
        return parse_number(str(plain))
    if isinstance(plain, Sequence):
        return TupleValue(_items(plain, ANY, at, marks))
    return DYNAMIC


def to_typed(value: Value) -> Plain:
    """``value`` as plain Python for a place of type ``any``: with its type, where the value alone would not tell it."""
    plain = to_plain(value)
    type_ = type_of_value(value)
    if plain is None or plain is UNKNOWN or type_of_value(from_plain(plain, ANY)) == type_:
        return plain
    return Typed(plain, type_)


# JSON


def value_to_json(value: Value) -> Any:
    """``value`` as what `json.dump` writes; marks are lost, unknowns become null.

    A number that a JSON reader's floating point would round is written as a string, which `value_from_json` takes.
    """
    value = unmark_deep(value)[0]
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, (Fraction, float)):
        text = number_text(value)
        return float(text) if number_text(float(text)) == text else text
    if isinstance(value, (ObjectValue, MapValue)):
        return {name: value_to_json(item) for name, item in value.sorted_items()}
    if isinstance(value, (ListValue, SetValue, TupleValue)):
        return [value_to_json(item) for item in value.items]
    return None


def value_from_json(data: Any, type_: Type) -> Value:
    """The value of ``type_`` written as JSON. Raises `ValueError` when it is not shaped like the type."""
    return from_plain(data, type_)


__all__ = ["Null", "from_plain", "to_plain", "to_plain_with_marks", "to_typed", "value_from_json", "value_to_json"]
