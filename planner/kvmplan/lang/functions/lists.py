"""Functions that make lists."""

from __future__ import annotations

from collections.abc import Iterable

from kvmplan.lang.convert import convert, unify
from kvmplan.lang.equality import equal
from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.elements import LISTED, element_of, is_uncertain, items_of
from kvmplan.lang.functions.numeric import whole
from kvmplan.lang.operators import arithmetic
from kvmplan.lang.values import (
    DYNAMIC,
    NO_MARKS,
    ListValue,
    Marks,
    Refinement,
    TupleValue,
    Unknown,
    Value,
    identity,
    is_null,
    is_wholly_known,
    mark,
    type_of_value,
    unmark,
    unmark_deep,
)
from kvmplan.syntax.number import Number
from kvmplan_sdk.types import ANY, NUMBER, STRING, ListType, SetType, TupleType, Type

REGISTRY: Registry = {}


_ANY_LIST = ListType(ANY)


_MAX_RANGE = 1024


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
    items, kind = items_of(bare), element_of(bare)
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
            parts.extend([kind.element] * len(items_of(bare)))
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
        items.extend(items_of(bare))
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
    if not isinstance(type_of_value(listed), LISTED):
        raise FunctionError("can only flatten lists, sets and tuples", 0)
    bare, _ = unmark_deep(listed)
    flat, _, known = _flat(bare)
    return TupleType(tuple(map(type_of_value, flat))) if known else ANY


def _flat(listed: Value) -> tuple[list[Value], Marks, bool]:
    """All elements however deep, the marks of the lists, and whether every list is known."""
    bare, marks = unmark(listed)
    if isinstance(bare, Unknown) or is_uncertain(bare):
        return [], marks, False
    made: list[Value] = []
    known = True
    for item in items_of(bare):
        inner = unmark(item)[0]
        kind = type_of_value(inner)
        if isinstance(inner, Unknown) and kind == ANY:
            known = False
        elif isinstance(kind, LISTED) and not is_null(inner):
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
    if len(params) == 3 and end != start and (step == 0 or (end < start) != (step < 0)):
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
    items = tuple(reversed(items_of(bare)))
    return mark(ListValue(type_.element, items) if isinstance(type_, ListType) else TupleValue(items), marks)


def _slice_type(listed: Value, start: Value, end: Value) -> Type:
    kind = type_of_value(listed)
    if isinstance(kind, SetType):
        raise FunctionError(
            "cannot slice a set, because its elements do not have indices; explicitly convert to a list", 0
        )
    if not isinstance(kind, (ListType, TupleType)):
        raise FunctionError("a list or tuple is required", 0)
    bounds = _bounds(start, end, _count(unmark(listed)[0]))
    if isinstance(kind, ListType):
        return kind
    return ANY if bounds is None else TupleType(kind.elements[slice(*bounds)])


def _count(listed: Value) -> int | None:
    """How many elements there are, as far as that is certain."""
    kind = type_of_value(listed)
    if isinstance(kind, TupleType):
        return len(kind.elements)
    return None if isinstance(listed, Unknown) else len(items_of(listed))


def _bounds(start: Value, end: Value, count: int | None) -> tuple[int, int] | None:
    """The bounds of a slice, if both are known. Raises `FunctionError` for what is wrong already."""
    low, high = _bound(start, 1, count), _bound(end, 2, count)
    if low is None or high is None:
        return None
    if low > high:
        raise FunctionError("start index must not be greater than end index", 1)
    return low, high


def _bound(value: Value, argument: int, count: int | None) -> int | None:
    if isinstance(value, Unknown):
        return None
    at = whole(value, argument)
    if at < 0 or (count is not None and at > count):
        which = "start" if argument == 1 else "end"
        length = "" if count is None else f", {count}"
        raise FunctionError(f"{which} index must be between 0 and the length{length}", argument)
    return at


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
    items = items_of(bare)[whole(start, 1) : whole(end, 2)]
    return mark(ListValue(bare.element, items) if isinstance(bare, ListValue) else TupleValue(items), marks)


@define(REGISTRY, "sort", Param("list", ListType(STRING), unknown=True), returns=ListType(STRING))
def sort(listed: Value) -> Value:
    """The strings of `list` in lexicographical order."""
    if not isinstance(listed, Unknown) and not is_wholly_known(listed):
        return ListValue(STRING, [Unknown(STRING)] * len(items_of(listed)))
    if isinstance(listed, Unknown):
        lengths = listed.refinement
        return Unknown(ListType(STRING), Refinement(True, min_length=lengths.min_length, max_length=lengths.max_length))
    for at, item in enumerate(items_of(listed)):
        if is_null(item):
            raise FunctionError(f"given list element {at} is null; a null string cannot be sorted", 0)
    return ListValue(STRING, sorted(items_of(listed)))  # type: ignore[type-var]


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
