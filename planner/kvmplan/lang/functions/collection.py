"""Functions of lists, sets, maps, tuples and objects."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from kvmplan.lang.convert import ConversionError, convert, unify
from kvmplan.lang.equality import equal
from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.numeric import whole
from kvmplan.lang.operators import arithmetic
from kvmplan.lang.text import clusters
from kvmplan.lang.values import (
    DYNAMIC,
    NO_MARKS,
    NOT_NULL,
    UNREFINED,
    ListValue,
    MapValue,
    Marked,
    Marks,
    ObjectValue,
    Refinement,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    identity,
    is_known,
    is_null,
    is_wholly_known,
    length_range,
    make_set,
    mark,
    marks_of,
    null,
    type_of_value,
    unknown,
    unmark,
    unmark_deep,
)
from kvmplan.syntax.number import Number
from kvmplan_sdk.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type

REGISTRY: Registry = {}
_ANY_LIST = ListType(ANY)
_LISTED = (ListType, SetType, TupleType)
_MAX_RANGE = 1024


def _items(value: Value) -> tuple[Value, ...]:
    """The elements of a known list, set or tuple."""
    assert isinstance(value, (ListValue, SetValue, TupleValue))
    return value.items


def _element_of(value: Value) -> Type:
    kind = type_of_value(value)
    assert isinstance(kind, (ListType, SetType, MapType))
    return kind.element


def _is_list_or_tuple(value: Value) -> bool:
    return isinstance(type_of_value(value), (ListType, TupleType))


# Asking


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
    for item in _items(listed):
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
    if value.type in (STRING, ANY):
        return Unknown(NUMBER, NOT_NULL)
    if refined.min_length == refined.max_length:
        return refined.max_length
    return Unknown(NUMBER, Refinement(True, low=refined.min_length, high=refined.max_length))


@define(REGISTRY, "index", Param("list"), Param("value"), returns=NUMBER)
def index(listed: Value, value: Value) -> Value:
    """The position of the first element of `list` that equals `value`."""
    if not _is_list_or_tuple(listed):
        raise FunctionError("a list or tuple is required", 0)
    for at, item in enumerate(_items(listed)):
        found = equal(item, value)
        if isinstance(found, Unknown):
            return Unknown(NUMBER, NOT_NULL)
        if found is True:
            return at
    raise FunctionError("item not found" if _items(listed) else "cannot search an empty list")


# Picking


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
            return unknown(type_)
        if not is_null(made) and made != "":
            return made
    raise FunctionError("no non-null, non-empty-string arguments")


def _coalescelist_type(*lists: Value) -> Type:
    if not lists:
        raise FunctionError("at least one argument is needed")
    for at, value in enumerate(lists):
        if isinstance(value, Unknown):
            break
        if not _is_list_or_tuple(value):
            raise FunctionError("a list or tuple is required", at)
    types = [type_of_value(value) for value in lists]
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
        if not is_null(value) and _items(value):
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
    items = _items(bare)
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
    Param("key", STRING, marked=True),
    variadic=Param("default", null=True, unknown=True, marked=True, dynamic=True),
    returns=_lookup_type,
    refine=UNREFINED,
)
def lookup(mapping: Value, key: Value, *default: Value) -> Value:
    """The value of `key` in `inputMap`, or else `default`."""
    type_ = _lookup_type(mapping, key, *default)
    bare, marks = unmark(mapping)
    name, key_marks = unmark(key)
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


@define(REGISTRY, "one", Param("list", marked=True), returns=_one_type, refine=UNREFINED)
def one(listed: Value) -> Value:
    """The only element of `list`, or null if it is empty."""
    type_ = _one_type(listed)
    bare, marks = unmark(listed)
    items = _items(bare)
    if _uncertain(bare) and len(items) > 1:
        return mark(unknown(type_), marks)
    if len(items) > 1:
        raise FunctionError("must be a list, set, or tuple value with either zero or one elements", 0)
    return mark(items[0] if items else null(type_), marks)


# Building lists


def _chunklist_type(listed: Value, size: Value) -> Type:
    return ListType(type_of_value(listed))


@define(
    REGISTRY,
    "chunklist",
    Param("list", _ANY_LIST, marked=True),
    Param("size", NUMBER, marked=True),
    returns=_chunklist_type,
)
def chunklist(listed: Value, size: Value) -> Value:
    """`list` cut into lists of at most `size` elements; in one piece if `size` is 0."""
    bare, marks = unmark(listed)
    count_value, size_marks = unmark(size)
    count = whole(count_value, 1)
    if count < 0:
        raise FunctionError("the size must not be negative", 1)
    items, kind = _items(bare), _element_of(bare)
    step = count or max(len(items), 1)
    chunks = [ListValue(kind, items[at : at + step]) for at in range(0, len(items), step)]
    return mark(ListValue(ListType(kind), chunks), marks | size_marks)


@define(REGISTRY, "compact", Param("list", ListType(STRING), whole=True), returns=ListType(STRING))
def compact(listed: ListValue) -> Value:
    """`list` without nulls and empty strings."""
    return ListValue(STRING, [item for item in listed.items if not is_null(item) and item != ""])


def _concat_type(*lists: Value) -> Type:
    if not lists:
        raise FunctionError("at least one list is needed")
    kinds = [type_of_value(value) for value in lists]
    if all(isinstance(kind, ListType) for kind in kinds) and (common := unify(kinds)) is not None:
        return common
    parts: list[Type] = []
    for at, (value, kind) in enumerate(zip(lists, kinds, strict=True)):
        bare = unmark(value)[0]
        if isinstance(kind, TupleType):
            parts.extend(kind.elements)
        elif isinstance(kind, ListType):
            if isinstance(bare, Unknown):
                return ANY
            parts.extend([kind.element] * len(_items(bare)))
        else:
            raise FunctionError("all arguments must be lists or tuples", at)
    return TupleType(tuple(parts))


@define(REGISTRY, "concat", variadic=Param("seqs", marked=True), returns=_concat_type)
def concat(*lists: Value) -> Value:
    """The elements of all lists in one."""
    type_ = _concat_type(*lists)
    items: list[Value] = []
    marks: Marks = NO_MARKS
    for value in lists:
        bare, found = unmark(value)
        marks |= found
        items.extend(_items(bare))
    if isinstance(type_, ListType):
        return mark(ListValue(type_.element, [convert(item, type_.element) for item in items]), marks)
    return mark(TupleValue(items), marks)


def _same(listed: Value, *rest: Value) -> Type:
    return type_of_value(listed)


@define(REGISTRY, "distinct", Param("list", _ANY_LIST, whole=True), returns=_same)
def distinct(listed: ListValue) -> Value:
    """`list` without repetitions; the first of equal elements stays."""
    return ListValue(listed.element, _first_of_each(listed.items))


def _first_of_each(items: Iterable[Value]) -> Iterable[Value]:
    seen: dict[object, Value] = {}
    for item in items:
        seen.setdefault(identity(item), item)
    return seen.values()


def _flatten_type(listed: Value) -> Type:
    if not isinstance(type_of_value(listed), _LISTED):
        raise FunctionError("can only flatten lists, sets and tuples", 0)
    bare, _ = unmark_deep(listed)
    flat, _, known = _flat(bare)
    return TupleType(tuple(map(type_of_value, flat))) if known else ANY


def _uncertain(value: Value) -> bool:
    """Whether how many elements there are is not known."""
    if not isinstance(value, SetValue):
        return False
    low, high = length_range(value)
    return low != high


def _flat(listed: Value) -> tuple[list[Value], Marks, bool]:
    """All elements however deep, the marks of the lists, and whether every list is known."""
    bare, marks = unmark(listed)
    if isinstance(bare, Unknown) or _uncertain(bare):
        return [], marks, False
    made: list[Value] = []
    known = True
    for item in _items(bare):
        inner = unmark(item)[0]
        kind = type_of_value(inner)
        if isinstance(inner, Unknown) and kind == ANY:
            known = False
        elif isinstance(kind, _LISTED) and not is_null(inner):
            parts, found, settled = _flat(item)
            made.extend(parts)
            marks |= found
            known = known and settled
        else:
            made.append(item)
    return made, marks, known


@define(REGISTRY, "flatten", Param("list", marked=True), returns=_flatten_type)
def flatten(listed: Value) -> Value:
    """`list` with every list inside of it replaced by its elements."""
    _flatten_type(listed)
    made, marks, known = _flat(listed)
    return mark(TupleValue(made) if known else DYNAMIC, marks)


@define(REGISTRY, "range", variadic=Param("params", NUMBER), returns=ListType(NUMBER))
def range_(*params: Number) -> Value:
    """Numbers from `start` (or 0) up to, not including, `limit`, by `step` (or 1)."""
    if not 1 <= len(params) <= 3:
        raise FunctionError("range takes one to three numbers: limit; start, limit; or start, limit, step")
    start, end = (0, params[0]) if len(params) == 1 else params[:2]
    step: Number = params[2] if len(params) == 3 else (-1 if end < start else 1)
    if step == 0:
        raise FunctionError("step must not be zero", 2)
    if len(params) == 3 and ((end < start) != (step < 0)) and end != start:
        raise FunctionError(f"step must be {'negative' if end < start else 'positive'} to get from start to end", 2)
    made: list[Value] = []
    at: Number = start
    while at > end if step < 0 else at < end:
        if len(made) >= _MAX_RANGE:
            raise FunctionError(f"more than {_MAX_RANGE} values; bring start and end closer, or use a larger step")
        made.append(at)
        at = arithmetic("+", at, step)
    return ListValue(NUMBER, made)


def _reverse_type(listed: Value) -> Type:
    kind = type_of_value(listed)
    if isinstance(kind, TupleType):
        return TupleType(tuple(reversed(kind.elements)))
    if isinstance(kind, (ListType, SetType)):
        return ListType(kind.element)
    raise FunctionError("can only reverse list or tuple values", 0)


@define(REGISTRY, "reverse", Param("list", marked=True), returns=_reverse_type)
def reverse(listed: Value) -> Value:
    """`list` from the last element to the first."""
    type_ = _reverse_type(listed)
    bare, marks = unmark(listed)
    if _uncertain(bare):
        return mark(unknown(type_, NOT_NULL), marks)
    items = tuple(reversed(_items(bare)))
    return mark(ListValue(type_.element, items) if isinstance(type_, ListType) else TupleValue(items), marks)


def _slice_type(listed: Value, start: Value, end: Value) -> Type:
    kind = type_of_value(listed)
    if isinstance(kind, SetType):
        raise FunctionError(
            "cannot slice a set, because its elements do not have indices; explicitly convert to a list", 0
        )
    if not isinstance(kind, (ListType, TupleType)):
        raise FunctionError("a list or tuple is required", 0)
    first, last = unmark(start)[0], unmark(end)[0]
    if isinstance(first, Unknown) or isinstance(last, Unknown):
        return kind if isinstance(kind, ListType) else ANY
    if isinstance(kind, ListType):
        _bounds(first, last, None)
        return kind
    low, high = _bounds(first, last, len(kind.elements))
    return TupleType(kind.elements[low:high])


def _bounds(start: Any, end: Any, count: int | None) -> tuple[int, int]:
    low, high = whole(start, 1), whole(end, 2)
    if low < 0 or (count is not None and low > count):
        raise FunctionError(
            "start index must be between 0 and the length" + (f", {count}" if count is not None else ""), 1
        )
    if high < 0 or (count is not None and high > count):
        raise FunctionError(
            "end index must be between 0 and the length" + (f", {count}" if count is not None else ""), 2
        )
    if low > high:
        raise FunctionError("start index must not be greater than end index", 1)
    return low, high


@define(
    REGISTRY,
    "slice",
    Param("list", marked=True),
    Param("start_index", NUMBER),
    Param("end_index", NUMBER),
    returns=_slice_type,
)
def slice_(listed: Value, start: Number, end: Number) -> Value:
    """The elements of `list` from `start_index` up to, not including, `end_index`."""
    _slice_type(listed, start, end)
    bare, marks = unmark(listed)
    items = _items(bare)
    low, high = _bounds(start, end, len(items))
    if isinstance(bare, ListValue):
        return mark(ListValue(bare.element, items[low:high]), marks)
    return mark(TupleValue(items[low:high]), marks)


@define(REGISTRY, "sort", Param("list", ListType(STRING), unknown=True), returns=ListType(STRING))
def sort(listed: Value) -> Value:
    """The strings of `list` in lexicographical order."""
    if not isinstance(listed, Unknown) and not is_wholly_known(listed):
        return ListValue(STRING, [Unknown(STRING)] * len(_items(listed)))
    if isinstance(listed, Unknown):
        lengths = listed.refinement
        return Unknown(ListType(STRING), Refinement(True, min_length=lengths.min_length, max_length=lengths.max_length))
    for at, item in enumerate(_items(listed)):
        if is_null(item):
            raise FunctionError(f"given list element {at} is null; a null string cannot be sorted", 0)
    return ListValue(STRING, sorted(_items(listed)))  # type: ignore[type-var]


def _matchkeys_type(values: Value, keys: Value, searchset: Value) -> Type:
    if unify([type_of_value(keys), type_of_value(searchset)]) is None:
        raise FunctionError("keys and searchset must be of the same type", 1)
    return type_of_value(values)


@define(
    REGISTRY,
    "matchkeys",
    Param("values", _ANY_LIST),
    Param("keys", _ANY_LIST),
    Param("searchset", _ANY_LIST),
    returns=_matchkeys_type,
)
def matchkeys(values: ListValue, keys: ListValue, searchset: ListValue) -> Value:
    """The elements of `values` whose companion in `keys` is in `searchset`."""
    _matchkeys_type(values, keys, searchset)
    if len(values) != len(keys):
        raise FunctionError("length of keys and values should be equal", 0)
    if not is_wholly_known(values):
        return Unknown(ListType(values.element))
    common = unify([keys.element, searchset.element]) or ANY
    wanted = [convert(item, common) for item in searchset.items]
    made: list[Value] = []
    for value, key in zip(values.items, keys.items, strict=True):
        answers = [equal(convert(key, common), item) for item in wanted]
        if True not in answers and any(isinstance(answer, Unknown) for answer in answers):
            return Unknown(ListType(values.element))
        if True in answers:
            made.append(value)
    return ListValue(values.element, made)


# Sets


def _set_operation(name: str, doc: str, combine: Any) -> None:
    def result(*sets: Value) -> Type:
        kinds = [_element_of(value) for value in sets if not _is_empty_untyped(value)]
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
        return make_set(type_.element, combine([{identity(i): i for i in _items(value)} for value in made]))

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
    all_sets = all(isinstance(type_of_value(value), SetType) for value in sets)
    return SetType(row) if all_sets else ListType(row)


@define(REGISTRY, "setproduct", variadic=Param("sets", unknown=True, marked=True), returns=_setproduct_type)
def setproduct(*sets: Value) -> Value:
    """Every combination of one element from each of `sets`."""
    type_ = _setproduct_type(*sets)
    assert isinstance(type_, (ListType, SetType)) and isinstance(type_.element, TupleType)
    marks: Marks = NO_MARKS
    columns: list[tuple[Value, ...]] = []
    known = True
    for value, kind in zip(sets, type_.element.elements, strict=True):
        bare, found = unmark(value)
        marks |= found
        if isinstance(bare, Unknown) or _uncertain(bare):
            known = False
        else:
            columns.append(tuple(convert(item, kind) for item in _items(bare)))
    if not known and all(columns):
        return mark(unknown(type_, NOT_NULL), marks)
    total = 1
    for column in columns:
        total *= len(column)
    if total > 1_000_000:
        raise FunctionError("more than a million combinations")
    rows = [TupleValue(row) for row in product(*columns)] if known else []
    if isinstance(type_, ListType):
        return mark(ListValue(type_.element, rows), marks)
    return mark(make_set(type_.element, rows), marks)


# Maps


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


_LISTS_BY_KEY = MapType(ListType(STRING))


@define(REGISTRY, "transpose", Param("values", _LISTS_BY_KEY, whole=True), returns=_LISTS_BY_KEY)
def transpose(mapping: MapValue) -> Value:
    """A map of lists turned around: from each string in the lists to the keys it was under."""
    made: dict[str, list[Value]] = {}
    for key, listed in mapping.sorted_items():
        if is_null(listed):
            raise FunctionError("input must not contain null list", 0)
        for item in _items(listed):
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
    items = _items(names)
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
    _same_length(len(_items(names)), len(_items(bare)))
    entries = {_key(name): item for name, item in zip(_items(names), _items(bare), strict=True)}
    return mark(MapValue(type_.element, entries) if isinstance(type_, MapType) else ObjectValue(entries), marks)


__all__ = ["REGISTRY", "Marked", "marks_of"]
