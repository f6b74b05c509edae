"""Conversion of values between types, by cty's rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kvmplan.lang.mismatch import friendly, mismatch, where
from kvmplan.lang.unify import bare, convertible, element_type, has_dynamic, unify
from kvmplan.lang.values import (
    NUMBERS,
    Container,
    ListValue,
    MapValue,
    Marked,
    Null,
    ObjectValue,
    Refinement,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    length_range,
    make_set,
    mark,
    null,
    type_of_value,
    unknown,
)
from kvmplan.syntax.number import number_text, parse_number
from kvmplan_sdk.types import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    Dynamic,
    ListType,
    MapType,
    ObjectType,
    Primitive,
    SetType,
    TupleType,
    Type,
)
from kvmplan_sdk.values import Path, format_path

Collection = ListType | SetType | MapType
_DIFFERENT = "all elements must have the same type"


class ConversionError(Exception):
    """A value does not fit a type. ``path`` leads to the part that does not; ``reason`` is a phrase."""

    def __init__(self, reason: str, path: Path = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path

    def under(self, step: str | int) -> ConversionError:
        return ConversionError(self.reason, (step, *self.path))

    def __str__(self) -> str:
        return f"{format_path(self.path)}: {self.reason}" if self.path else self.reason


def convert(value: Value, to: Type) -> Value:
    """``value`` as one of type ``to``, marks kept. Raises `ConversionError`."""
    if isinstance(value, Marked):
        try:
            return mark(convert(value.value, to), value.marks)
        except ConversionError:
            # The reason can tell what the value is.
            raise ConversionError(mismatch(type_of_value(value), to)) from None
    kind = type(value)
    if to == STRING:
        if kind is str:
            return value
    elif to == NUMBER:
        if kind in NUMBERS:
            return value
    elif (to == BOOL and kind is bool) or type(to) is Dynamic:
        return value
    if value is None:
        return Null(bare(to))
    if isinstance(value, (Null, Unknown)):
        return _absent(value, to)
    if isinstance(to, Primitive):
        return _primitive(value, to)
    _require(type_of_value(value), to)
    return _container(value, to)


def _absent(value: Null | Unknown, to: Type) -> Value:
    if value.type == to:
        return value
    _require(value.type, to)
    target = _settled(value.type, bare(to))
    return null(target) if isinstance(value, Null) else unknown(target, _kept(value.refinement, value.type, target))


def _settled(of: Type | None, to: Type) -> Type:
    """``to`` with ``any`` replaced by what it will be for values of type ``of``."""
    if of is None or type(of) is Dynamic or isinstance(to, Primitive):
        return to
    match of, to:
        case _, Dynamic():
            return of
        case ((ListType(inner) | SetType(inner) | MapType(inner)), (ListType() | SetType() | MapType())):
            return type(to)(_settled(inner, to.element))
        case (TupleType(inners), (ListType() | SetType())):
            return type(to)(_settled(unify(inners), to.element))
        case (ObjectType(attributes), MapType(element)):
            return MapType(_settled(unify(attributes.values()), element))
        case TupleType(inners), TupleType(outers):
            return TupleType(tuple(map(_settled, inners, outers)))
        case ObjectType(attributes), ObjectType(wanted):
            return ObjectType({name: _settled(attributes.get(name), kind) for name, kind in wanted.items()})
        case MapType(inner), ObjectType(wanted):
            return ObjectType({name: _settled(inner, kind) for name, kind in wanted.items()})
    return to


def _kept(refinement: Refinement, of: Type, to: Type) -> Refinement:
    """What is certain of an unknown when its type changes."""
    kept = Refinement(not_null=refinement.not_null)
    match of, to:
        case ObjectType(attributes), MapType():
            return replace(kept, min_length=len(attributes), max_length=len(attributes))
        case TupleType(elements), (ListType() | SetType()):
            count = len(elements)
            return replace(kept, min_length=count if isinstance(to, ListType) else min(count, 1), max_length=count)
        case ((ListType() | SetType() | MapType()), (ListType() | SetType() | MapType())):
            least = refinement.min_length if not isinstance(to, SetType) else min(refinement.min_length, 1)
            return replace(kept, min_length=least, max_length=refinement.max_length)
    return kept


def _primitive(value: Value, to: Primitive) -> Value:
    if to == STRING:
        if value is True or value is False:
            return "true" if value else "false"
        if type(value) in NUMBERS:
            return number_text(value)  # type: ignore[arg-type]
        raise ConversionError(mismatch(type_of_value(value), to))
    if isinstance(value, str):
        if to == NUMBER:
            try:
                return parse_number(value)
            except ValueError:
                raise ConversionError("a number is required") from None
        if value in ("true", "1"):
            return True
        if value in ("false", "0"):
            return False
        hint = ""
        if value.lower() in ("true", "false"):
            hint = f'; to convert from string, use lowercase "{value.lower()}"'
        raise ConversionError("a bool is required" + hint)
    raise ConversionError(mismatch(type_of_value(value), to))


def _container(value: Value, to: Type) -> Value:
    match to, value:
        case ListType(), (ListValue() | SetValue() | TupleValue()):
            items, element = _elements(value, to)
            if isinstance(value, SetValue) and (lengths := length_range(value))[0] != lengths[1]:
                return Unknown(ListType(value.element))
            return ListValue(element, items)
        case SetType(), (ListValue() | SetValue() | TupleValue()):
            items, element = _elements(value, to)
            return make_set(element, items)
        case MapType(), (MapValue() | ObjectValue()):
            items, element = _elements(value, to)
            return MapValue(element, dict(zip(value.entries, items, strict=True)))
        case TupleType(elements), TupleValue(items=parts):
            return TupleValue(
                _at(index, part, kind) for index, (part, kind) in enumerate(zip(parts, elements, strict=True))
            )
        case ObjectType(), (ObjectValue() | MapValue()):
            return _object(value.entries, to)
    raise ConversionError(mismatch(type_of_value(value), to))


def _at(step: str | int, value: Value, to: Type) -> Value:
    try:
        return convert(value, to)
    except ConversionError as problem:
        raise problem.under(step) from None


def _object(entries: object, to: ObjectType) -> Value:
    made: dict[str, Value] = {}
    for name, kind in to.attributes.items():
        if name in entries:  # type: ignore[operator]
            made[name] = _at(name, entries[name], kind)  # type: ignore[index]
        elif name in to.optional:
            made[name] = null(bare(kind))
        else:
            raise ConversionError(f'attribute "{name}" is required')
    return ObjectValue(made)


def _elements(value: Container, to: Collection) -> tuple[list[Value], Type]:
    """The parts of ``value`` converted to one element type for a ``to``, and that type."""
    if isinstance(value, (MapValue, ObjectValue)):
        names: Sequence[str | int] = list(value.entries)
        parts = list(value.entries.values())
    else:
        names, parts = range(len(value.items)), list(value.items)
    element = element_type(type_of_value(value), to.element)
    if element is None:
        raise ConversionError(mismatch(type_of_value(value), to))
    items = [_at(name, part, element) for name, part in zip(names, parts, strict=True)]
    if items and has_dynamic(element):
        from_tuple = isinstance(to, ListType) and isinstance(value, TupleValue)
        if from_tuple or (isinstance(to, MapType) and isinstance(element, (ListType, SetType, MapType, ObjectType))):
            common = unify(map(type_of_value, items))
            if common is None:
                raise ConversionError(_DIFFERENT)
            items = [_at(name, item, common) for name, item in zip(names, items, strict=True)]
        same = of_one_type(items)
        return list(same.items), same.element
    return items, bare(element)


def of_one_type(items: Sequence[Value]) -> ListValue:
    """The list of ``items``, which are of one type but for those without any. Raises `ConversionError`."""
    element: Type = ANY
    for item in items:
        type_ = type_of_value(item)
        if element == ANY:
            element = type_
        elif type_ not in (ANY, element):
            raise ConversionError(_DIFFERENT)
    return ListValue(element, [convert(item, element) for item in items])


def _require(of: Type, to: Type) -> None:
    if not convertible(of, to):
        raise ConversionError(mismatch(of, to), where(of, to))


__all__ = ["ConversionError", "bare", "convert", "convertible", "friendly", "of_one_type", "unify"]
