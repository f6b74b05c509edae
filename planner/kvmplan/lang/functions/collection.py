"""Functions that ask collections something, or pick one of their elements."""

from __future__ import annotations

from kvmplan.lang.convert import ConversionError, convert, unify
from kvmplan.lang.equality import equal
from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.elements import is_list_or_tuple, is_uncertain, items_of
from kvmplan.lang.functions.numeric import whole
from kvmplan.lang.text import clusters
from kvmplan.lang.values import (
    NOT_NULL,
    UNREFINED,
    ListValue,
    MapValue,
    ObjectValue,
    Refinement,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_known,
    is_null,
    length_range,
    mark,
    null,
    type_of_value,
    unknown,
    unmark,
)
from kvmplan.syntax.number import Number
from kvmplan_sdk.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type

REGISTRY: Registry = {}


@define(REGISTRY, "alltrue", Param("list", ListType(BOOL)), returns=BOOL)
def alltrue(listed: ListValue) -> Value:
    """Whether all elements of `list` are true; true of an empty list."""
    for item in listed.items:
        if not is_known(item):
            return Unknown(BOOL, NOT_NULL)
        if item is not True:
            return False
    return True


@define(REGISTRY, "anytrue", Param("list", ListType(BOOL)), returns=BOOL)
def anytrue(listed: ListValue) -> Value:
    """Whether any element of `list` is true."""
    if any(item is True for item in listed.items):
        return True
    return False if all(map(is_known, listed.items)) else Unknown(BOOL, NOT_NULL)


@define(REGISTRY, "contains", Param("list"), Param("value", null=True, dynamic=True), returns=BOOL)
def contains(listed: Value, value: Value) -> Value:
    """Whether `value` is an element of `list`."""
    if not isinstance(listed, (ListValue, SetValue, TupleValue)):
        raise FunctionError("a list, tuple, or set is required", 0)
    answer: Value = False
    for item in items_of(listed):
        found = equal(value, item)
        if found is True:
            return True
        if isinstance(found, Unknown):
            answer = Unknown(BOOL, NOT_NULL)
    return answer


def _length_type(value: Value) -> Type:
    kind = type_of_value(value)
    if kind in (NUMBER, BOOL):
        raise FunctionError("a string, a collection, or a structural value is required", 0)
    return NUMBER


@define(REGISTRY, "length", Param("value", unknown=True, marked=True, dynamic=True), returns=_length_type)
def length(value: Value) -> Value:
    """The number of elements of a collection, or of characters of a string."""
    bare, marks = unmark(value)
    _length_type(bare)
    kind = type_of_value(bare)
    if isinstance(kind, TupleType):
        return mark(len(kind.elements), marks)
    if isinstance(kind, ObjectType):
        return mark(len(kind.attributes), marks)
    if isinstance(bare, Unknown):
        return mark(_unknown_length(bare), marks)
    if isinstance(bare, str):
        return mark(len(clusters(bare)), marks)
    assert isinstance(bare, (ListValue, SetValue, MapValue))
    low, high = length_range(bare)
    return mark(low if low == high else Unknown(NUMBER, Refinement(True, low=low, high=high)), marks)


def _unknown_length(value: Unknown) -> Value:
    refined = value.refinement
    if value.type == ANY:
        return Unknown(NUMBER, NOT_NULL)
    if value.type == STRING:
        return Unknown(NUMBER, Refinement(True, low=0))
    if refined.min_length == refined.max_length:
        return refined.max_length
    return Unknown(NUMBER, Refinement(True, low=refined.min_length, high=refined.max_length))


@define(REGISTRY, "index", Param("list"), Param("value"), returns=NUMBER)
def index(listed: Value, value: Value) -> Value:
    """The position of the first element of `list` that equals `value`."""
    if not is_list_or_tuple(listed):
        raise FunctionError("a list or tuple is required", 0)
    for at, item in enumerate(items_of(listed)):
        found = equal(item, value)
        if isinstance(found, Unknown):
            return Unknown(NUMBER, NOT_NULL)
        if found is True:
            return at
    raise FunctionError("item not found" if items_of(listed) else "cannot search an empty list")


def _coalesce_type(*values: Value) -> Type:
    if not values:
        raise FunctionError("at least one argument is needed")
    found = unify(map(type_of_value, values))
    if found is None:
        raise FunctionError("all arguments must have the same type")
    return found


@define(
    REGISTRY,
    "coalesce",
    variadic=Param("vals", null=True, unknown=True, dynamic=True),
    returns=_coalesce_type,
)
def coalesce(*values: Value) -> Value:
    """The first of `vals` that is neither null nor an empty string."""
    type_ = _coalesce_type(*values)
    for at, value in enumerate(values):
        try:
            made = convert(value, type_)
        except ConversionError as problem:
            raise FunctionError(str(problem), at) from None
        if not is_known(made):
            return unknown(type_, NOT_NULL)
        if not is_null(made) and made != "":
            return made
    raise FunctionError("no non-null, non-empty-string arguments")


def _coalescelist_type(*lists: Value) -> Type:
    if not lists:
        raise FunctionError("at least one argument is needed")
    for at, value in enumerate(lists):
        if isinstance(value, Unknown):
            break
        if not is_list_or_tuple(value):
            raise FunctionError("a list or tuple is required", at)
    types = [ANY if isinstance(value, Unknown) else type_of_value(value) for value in lists]
    return types[0] if all(kind == types[0] for kind in types) else ANY


@define(
    REGISTRY,
    "coalescelist",
    variadic=Param("vals", null=True, unknown=True, dynamic=True),
    returns=_coalescelist_type,
)
def coalescelist(*lists: Value) -> Value:
    """The first of `vals` that is neither null nor empty."""
    type_ = _coalescelist_type(*lists)
    for value in lists:
        if isinstance(value, Unknown):
            return unknown(type_)
        if not is_null(value) and items_of(value):
            return value
    raise FunctionError("no non-null, non-empty arguments")


def _element_type(listed: Value, at: Value) -> Type:
    kind = type_of_value(listed)
    if isinstance(kind, ListType):
        return kind.element
    if not isinstance(kind, TupleType):
        raise FunctionError("a list or tuple is required", 0)
    if isinstance(bare := unmark(at)[0], Unknown):
        return ANY
    if not kind.elements:
        raise FunctionError("cannot use element function with an empty list", 0)
    return kind.elements[whole(bare, 1) % len(kind.elements)]


@define(
    REGISTRY, "element", Param("list", marked=True), Param("index", NUMBER), returns=_element_type, refine=UNREFINED
)
def element(listed: Value, at: Number) -> Value:
    """The element of `list` at `index`, counting around; a negative index counts from the end."""
    _element_type(listed, at)
    position = whole(at, 1)
    bare, marks = unmark(listed)
    items = items_of(bare)
    if not items:
        raise FunctionError("cannot use element function with an empty list", 0)
    return mark(items[position % len(items)], marks)


def _lookup_type(mapping: Value, key: Value, *default: Value) -> Type:
    kind = type_of_value(mapping)
    if len(default) > 1:
        raise FunctionError("lookup takes at most one default")
    if isinstance(kind, ObjectType):
        bare = unmark(key)[0]
        if isinstance(bare, Unknown):
            return ANY
        if bare in kind.attributes:
            return kind.attributes[str(bare)]
        if default:
            return type_of_value(default[0])
        raise FunctionError(f'the given object has no attribute "{bare}"', 1)
    if not isinstance(kind, MapType):
        raise FunctionError("a map or object is required", 0)
    if default:
        try:
            convert(default[0], kind.element)
        except ConversionError:
            raise FunctionError("the default value must have the same type as the map elements", 2) from None
    return kind.element


@define(
    REGISTRY,
    "lookup",
    Param("inputMap", marked=True),
    Param("key", STRING, unknown=True, marked=True),
    variadic=Param("default", null=True, unknown=True, marked=True, dynamic=True),
    returns=_lookup_type,
    refine=UNREFINED,
)
def lookup(mapping: Value, key: Value, *default: Value) -> Value:
    """The value of `key` in `inputMap`, or else `default`."""
    type_ = _lookup_type(mapping, key, *default)
    bare, marks = unmark(mapping)
    name, key_marks = unmark(key)
    if isinstance(name, Unknown):
        return mark(unknown(type_), marks | key_marks)
    assert isinstance(bare, (MapValue, ObjectValue))
    if name in bare.entries:
        return mark(bare.entries[str(name)], marks | key_marks)
    if not default:
        raise FunctionError(f'lookup failed to find key "{name}"', 1)
    return mark(convert(default[0], type_), marks | key_marks)


def _one_type(listed: Value) -> Type:
    kind = type_of_value(listed)
    if isinstance(kind, (ListType, SetType)):
        return kind.element
    if isinstance(kind, TupleType) and len(kind.elements) < 2:
        return kind.elements[0] if kind.elements else ANY
    raise FunctionError("must be a list, set, or tuple value with either zero or one elements", 0)


@define(REGISTRY, "one", Param("list"), returns=_one_type, refine=UNREFINED)
def one(listed: Value) -> Value:
    """The only element of `list`, or null if it is empty."""
    type_ = _one_type(listed)
    items = items_of(listed)
    if is_uncertain(listed) and len(items) > 1:
        return unknown(type_)
    if len(items) > 1:
        raise FunctionError("must be a list, set, or tuple value with either zero or one elements", 0)
    return items[0] if items else null(type_)
