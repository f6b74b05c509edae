"""Functions of maps and objects."""

from __future__ import annotations

from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.elements import items_of
from kvmplan.lang.values import (
    NO_MARKS,
    NOT_NULL,
    ListValue,
    MapValue,
    Marks,
    ObjectValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    is_wholly_known,
    mark,
    type_of_value,
    unknown,
    unmark,
    unmark_deep,
)
from kvmplan_sdk.types import ANY, STRING, ListType, MapType, ObjectType, TupleType, Type

REGISTRY: Registry = {}


_LISTS_BY_KEY = MapType(ListType(STRING))


def _keys_type(mapping: Value) -> Type:
    kind = type_of_value(mapping)
    if isinstance(kind, MapType):
        return ListType(STRING)
    if isinstance(kind, ObjectType):
        return TupleType((STRING,) * len(kind.attributes))
    raise FunctionError("a map or object is required", 0)


@define(REGISTRY, "keys", Param("inputMap", unknown=True, marked=True), returns=_keys_type)
def keys(mapping: Value) -> Value:
    """The keys of `inputMap` in lexicographical order."""
    type_ = _keys_type(mapping)
    bare, marks = unmark(mapping)
    kind = type_of_value(bare)
    if isinstance(kind, ObjectType):
        return mark(TupleValue(sorted(kind.attributes)), marks)
    if isinstance(bare, Unknown):
        return mark(unknown(type_, NOT_NULL), marks)
    assert isinstance(bare, MapValue)
    return mark(ListValue(STRING, sorted(bare.entries)), marks)


def _values_type(mapping: Value) -> Type:
    kind = type_of_value(mapping)
    if isinstance(kind, MapType):
        return ListType(kind.element)
    if isinstance(kind, ObjectType):
        return TupleType(tuple(inner for _, inner in sorted(kind.attributes.items())))
    raise FunctionError("a map or object is required", 0)


@define(REGISTRY, "values", Param("mapping", marked=True), returns=_values_type)
def values(mapping: Value) -> Value:
    """The values of `mapping` in the order of its keys."""
    type_ = _values_type(mapping)
    bare, marks = unmark(mapping)
    assert isinstance(bare, (MapValue, ObjectValue))
    items = [item for _, item in bare.sorted_items()]
    return mark(ListValue(type_.element, items) if isinstance(type_, ListType) else TupleValue(items), marks)


def _merge_type(*maps: Value) -> Type:
    if not maps:
        return ObjectType({})
    attributes: dict[str, Type] = {}
    settled = True
    kinds = [type_of_value(value) for value in maps]
    for at, (value, kind) in enumerate(zip(maps, kinds, strict=True)):
        bare = unmark(value)[0]
        if isinstance(kind, ObjectType):
            attributes.update({} if is_null(bare) else kind.attributes)
        elif isinstance(kind, MapType):
            if isinstance(bare, MapValue):
                attributes.update(dict.fromkeys(bare.entries, kind.element))
            settled = settled and not isinstance(bare, Unknown)
        elif kind == ANY:
            return ANY
        else:
            raise FunctionError("arguments must be maps or objects", at)
    if all(kind == kinds[0] for kind in kinds):
        return kinds[0]
    return ObjectType(attributes) if settled else ANY


@define(
    REGISTRY,
    "merge",
    variadic=Param("maps", null=True, unknown=True, marked=True, dynamic=True),
    returns=_merge_type,
)
def merge(*maps: Value) -> Value:
    """All maps or objects in one; of equal keys the last counts."""
    type_ = _merge_type(*maps)
    entries: dict[str, Value] = {}
    marks: Marks = NO_MARKS
    for value in maps:
        bare, found = unmark(value)
        marks |= found
        if isinstance(bare, Unknown):
            return mark(unknown(type_, NOT_NULL), marks)
        if isinstance(bare, (MapValue, ObjectValue)):
            entries.update(bare.entries)
        elif not is_null(bare):
            raise FunctionError("arguments must be maps or objects")
    if isinstance(type_, MapType):
        return mark(MapValue(type_.element, entries), marks)
    return mark(ObjectValue(entries), marks)


@define(REGISTRY, "transpose", Param("values", _LISTS_BY_KEY, whole=True), returns=_LISTS_BY_KEY)
def transpose(mapping: MapValue) -> Value:
    """A map of lists turned around: from each string in the lists to the keys it was under."""
    made: dict[str, list[Value]] = {}
    for key, listed in mapping.sorted_items():
        if is_null(listed):
            raise FunctionError("input must not contain null list", 0)
        for item in items_of(listed):
            if is_null(item):
                raise FunctionError("input must not contain null string", 0)
            made.setdefault(str(item), []).append(key)
    return MapValue(ListType(STRING), {name: ListValue(STRING, keys_) for name, keys_ in sorted(made.items())})


def _zipmap_type(keys_: Value, values_: Value) -> Type:
    kind = type_of_value(values_)
    if isinstance(kind, ListType):
        return MapType(kind.element)
    if not isinstance(kind, TupleType):
        raise FunctionError("values must be a list or tuple value", 1)
    names = unmark_deep(keys_)[0]
    if not is_wholly_known(names):
        return ANY
    items = items_of(names)
    _same_length(len(items), len(kind.elements))
    return ObjectType({_key(item): inner for item, inner in zip(items, kind.elements, strict=True)})


def _same_length(names: int, items: int) -> None:
    if names != items:
        raise FunctionError(f"number of keys ({names}) does not match number of values ({items})", 1)


def _key(item: Value) -> str:
    if is_null(item):
        raise FunctionError("a key must not be null", 0)
    return str(unmark(item)[0])


@define(
    REGISTRY, "zipmap", Param("keys", ListType(STRING), marked=True), Param("values", marked=True), returns=_zipmap_type
)
def zipmap(keys_: Value, values_: Value) -> Value:
    """A map or object of `keys` with `values` for them."""
    type_ = _zipmap_type(keys_, values_)
    names, marks = unmark_deep(keys_)
    bare, found = unmark(values_)
    marks |= found
    if not is_wholly_known(names):
        return mark(unknown(type_, NOT_NULL), marks)
    _same_length(len(items_of(names)), len(items_of(bare)))
    entries = {_key(name): item for name, item in zip(items_of(names), items_of(bare), strict=True)}
    return mark(MapValue(type_.element, entries) if isinstance(type_, MapType) else ObjectValue(entries), marks)
