"""Values of the language, typed as cty types them.

Known primitives are plain Python: ``str``, ``bool``, a number (``int``, ``float`` or ``Fraction``, see
`kvmplan.syntax.number`) and ``None`` for the null without a type. Collections are light wrappers that know their type;
`Null` is a null with a type, `Unknown` what only apply will tell, `Marked` a value that carries marks. Values are never
changed once made.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

from kvmplan.syntax.number import number_text
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

_UNKNOWN_INSIDE, _MARKED_INSIDE, _ONE_LEVEL = 1, 2, 4
MAX_DEPTH = 150
"""Levels of nesting in a value or a type. Nobody writes as many, and everything that walks values can rely on it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A property that travels with a value through every operation. ``about`` makes room for what it concerns."""

    name: str
    about: str = ""


SENSITIVE: Final = Mark("sensitive")
EPHEMERAL: Final = Mark("ephemeral")
Marks = frozenset[Mark]
NO_MARKS: Final[Marks] = frozenset()


@dataclass(frozen=True, slots=True)
class Refinement:
    """What is known of an unknown value: not null, how a string begins, within which bounds a number or length lies."""

    not_null: bool = False
    prefix: str = ""
    low: Any = None
    low_inclusive: bool = True
    high: Any = None
    high_inclusive: bool = True
    min_length: int = 0
    max_length: int | None = None


UNREFINED: Final = Refinement()
NOT_NULL: Final = Refinement(not_null=True)


@dataclass(frozen=True, slots=True)
class Unknown:
    type: Type
    refinement: Refinement = UNREFINED


@dataclass(frozen=True, slots=True)
class Null:
    type: Type


DYNAMIC: Final = Unknown(ANY)
"""Nothing is known, not even the type."""


class _Container:
    __slots__ = ("_flags",)
    _flags: int

    def parts(self) -> Iterable[Value]:
        raise NotImplementedError

    def flags(self) -> int:
        """Whether unknown or marked values are inside, however deep, and how deep it is; found out once."""
        if self._flags < 0:
            found = deepest = 0
            for part in self.parts():
                if type(part) in PLAIN:
                    continue
                if isinstance(part, Marked):
                    found |= _MARKED_INSIDE
                    part = part.value
                if type(part) is Unknown:
                    found |= _UNKNOWN_INSIDE
                elif isinstance(part, _Container):
                    flags = part.flags()
                    found |= flags & (_UNKNOWN_INSIDE | _MARKED_INSIDE)
                    deepest = max(deepest, flags // _ONE_LEVEL)
            self._flags = found + (deepest + 1) * _ONE_LEVEL
        return self._flags


class _Items(_Container):
    __slots__ = ("items",)
    items: tuple[Value, ...]

    def parts(self) -> Iterable[Value]:
        return self.items

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.items)


class _Entries(_Container):
    __slots__ = ("entries",)
    entries: Mapping[str, Value]

    def parts(self) -> Iterable[Value]:
        return self.entries.values()

    def __len__(self) -> int:
        return len(self.entries)

    def sorted_items(self) -> list[tuple[str, Value]]:
        """Entries in the order in which they are iterated."""
        return sorted(self.entries.items(), key=_by_key)


def _by_key(item: tuple[str, Value]) -> str:
    return item[0]


class ListValue(_Items):
    __slots__ = ("element",)

    def __init__(self, element: Type, items: Iterable[Value]) -> None:
        self.element, self.items, self._flags = element, tuple(items), -1

    def __repr__(self) -> str:
        return f"ListValue({self.element}, {list(self.items)})"


class SetValue(_Items):
    """Distinct elements without marks, in canonical order. Make one with `make_set`.

    Unknown elements may yet prove equal to others, so with one inside, the length is unknown.
    """

    __slots__ = ("element",)

    def __init__(self, element: Type, items: Iterable[Value]) -> None:
        self.element, self.items, self._flags = element, tuple(items), -1

    def __repr__(self) -> str:
        return f"SetValue({self.element}, {list(self.items)})"


class MapValue(_Entries):
    __slots__ = ("element",)

    def __init__(self, element: Type, entries: Mapping[str, Value]) -> None:
        self.element, self.entries, self._flags = element, entries, -1

    def __repr__(self) -> str:
        return f"MapValue({self.element}, {self.entries})"


class TupleValue(_Items):
    __slots__ = ("_type",)
    _type: TupleType | None

    def __init__(self, items: Iterable[Value]) -> None:
        self.items, self._flags, self._type = tuple(items), -1, None

    def __repr__(self) -> str:
        return f"TupleValue({list(self.items)})"


class ObjectValue(_Entries):
    __slots__ = ("_type",)
    _type: ObjectType | None

    def __init__(self, entries: Mapping[str, Value]) -> None:
        self.entries, self._flags, self._type = entries, -1, None

    def __repr__(self) -> str:
        return f"ObjectValue({self.entries})"


class Marked:
    """``value`` (not `Marked` itself) carries ``marks`` (at least one). Make one with `mark`."""

    __slots__ = ("marks", "value")

    def __init__(self, value: Unmarked, marks: Marks) -> None:
        self.value, self.marks = value, marks

    def __repr__(self) -> str:
        return f"Marked({sorted(m.name for m in self.marks)})"


Number = int | float | Fraction
Container = ListValue | SetValue | MapValue | TupleValue | ObjectValue
Unmarked = None | str | bool | int | float | Fraction | Null | Unknown | Container
Value = Unmarked | Marked

PLAIN: Final[frozenset[type]] = frozenset({str, bool, int, float, Fraction, type(None), Null})
NUMBERS: Final[frozenset[type]] = frozenset({int, float, Fraction})
SEQUENCES: Final = (ListValue, SetValue, TupleValue)


def is_number(value: object) -> bool:
    return type(value) in NUMBERS


def is_null(value: Value) -> bool:
    """Whether ``value`` is null, marked or not."""
    if type(value) is Marked:
        value = value.value
    return value is None or type(value) is Null


def null(type_: Type) -> Value:
    return None if type(type_) is Dynamic else Null(type_)


def type_of_value(value: Value) -> Type:  # noqa: C901 - one branch per kind of value
    """The type of ``value``; of null and unknown without a type, the placeholder ``any``."""
    kind = type(value)
    if kind is str:
        return STRING
    if kind is bool:
        return BOOL
    if kind in NUMBERS:
        return NUMBER
    if value is None:
        return ANY
    if isinstance(value, (Null, Unknown)):
        return value.type
    if isinstance(value, Marked):
        return type_of_value(value.value)
    if isinstance(value, ObjectValue):
        if value._type is None:
            value._type = ObjectType({name: type_of_value(item) for name, item in value.entries.items()})
        return value._type
    if isinstance(value, TupleValue):
        if value._type is None:
            value._type = TupleType(tuple(type_of_value(item) for item in value.items))
        return value._type
    if isinstance(value, ListValue):
        return ListType(value.element)
    if isinstance(value, SetValue):
        return SetType(value.element)
    if isinstance(value, MapValue):
        return MapType(value.element)
    raise TypeError(f"not a value of the language: {value!r}")


# Marks


def mark(value: Value, marks: Marks) -> Value:
    """``value`` with ``marks`` in addition to its own."""
    if not marks:
        return value
    if isinstance(value, Marked):
        return value if marks <= value.marks else Marked(value.value, value.marks | marks)
    return Marked(value, marks)


def unmark(value: Value) -> tuple[Unmarked, Marks]:
    """``value`` without the marks on itself, and these; what is inside keeps its own."""
    if isinstance(value, Marked):
        return value.value, value.marks
    return value, NO_MARKS


def unmark_deep(value: Value) -> tuple[Unmarked, Marks]:
    """``value`` without any marks, and all there were, on it and inside."""
    if isinstance(value, Marked):
        inner, marks = unmark_deep(value.value)
        return inner, marks | value.marks
    if not isinstance(value, _Container) or not value.flags() & _MARKED_INSIDE:
        return value, NO_MARKS
    found: set[Mark] = set()
    if isinstance(value, (ObjectValue, MapValue)):
        entries = {}
        for name, item in value.entries.items():
            entries[name], marks = unmark_deep(item)
            found |= marks
        return with_entries(value, entries), frozenset(found)
    items = []
    for item in value.items:
        bare, marks = unmark_deep(item)
        items.append(bare)
        found |= marks
    return with_items(value, items), frozenset(found)


def marks_of(value: Value) -> Marks:
    """Every mark on ``value`` and inside it."""
    return unmark_deep(value)[1] if contains_marks(value) else NO_MARKS


def contains_marks(value: Value) -> bool:
    if type(value) is Marked:
        return True
    return isinstance(value, _Container) and bool(value.flags() & _MARKED_INSIDE)


def with_entries(like: MapValue | ObjectValue, entries: Mapping[str, Value]) -> MapValue | ObjectValue:
    return MapValue(like.element, entries) if isinstance(like, MapValue) else ObjectValue(entries)


def with_items(like: ListValue | SetValue | TupleValue, items: Sequence[Value]) -> ListValue | SetValue | TupleValue:
    if isinstance(like, TupleValue):
        return TupleValue(items)
    return ListValue(like.element, items) if isinstance(like, ListValue) else SetValue(like.element, items)


# Unknowns


def length_range(value: SetValue | ListValue | MapValue) -> tuple[int, int]:
    """The least and the greatest length that ``value`` may prove to have."""
    count = len(value)
    if isinstance(value, SetValue) and value.flags() & _UNKNOWN_INSIDE:
        return min(count, 1), count
    return count, count


def is_known(value: Value) -> bool:
    """Whether ``value`` itself is known; unknowns may be inside."""
    return type(unmark(value)[0]) is not Unknown


def is_wholly_known(value: Value) -> bool:
    """Whether nothing in ``value``, however deep, is unknown."""
    bare = value.value if type(value) is Marked else value
    if isinstance(bare, _Container):
        return not bare.flags() & _UNKNOWN_INSIDE
    return type(bare) is not Unknown


def unknown(type_: Type, refinement: Refinement = UNREFINED) -> Unmarked:
    """An unknown of ``type_``; where the refinement leaves one possibility, that."""
    if type(type_) is Dynamic:
        return DYNAMIC
    if refinement.not_null:
        if type_ == NUMBER:
            low, high = refinement.low, refinement.high
            if low is not None and low == high and refinement.low_inclusive and refinement.high_inclusive:
                return low  # type: ignore[no-any-return]
        elif refinement.max_length is not None and refinement.min_length == refinement.max_length:
            return _of_known_length(type_, refinement)
    return Unknown(type_, refinement)


def _of_known_length(type_: Type, refinement: Refinement) -> Unmarked:
    count = refinement.min_length
    if isinstance(type_, ListType):
        return ListValue(type_.element, [Unknown(type_.element)] * count)
    if not count and isinstance(type_, SetType):
        return SetValue(type_.element, ())
    if not count and isinstance(type_, MapType):
        return MapValue(type_.element, {})
    return Unknown(type_, refinement)


def not_null(value: Value) -> Value:
    """``value``, known not to be null if it is unknown."""
    if isinstance(value, Marked):
        return mark(not_null(value.value), value.marks)
    if isinstance(value, Unknown) and type(value.type) is not Dynamic and not value.refinement.not_null:
        return Unknown(value.type, replace(value.refinement, not_null=True))
    return value


def depth(value: Value) -> int:
    """How many levels of containers there are in ``value``."""
    bare = value.value if isinstance(value, Marked) else value
    return bare.flags() // _ONE_LEVEL if isinstance(bare, _Container) else 0


# Sets


def make_set(element: Type, items: Iterable[Value]) -> Value:
    """The set of ``items``; marks on them move to the set."""
    marks: Marks = NO_MARKS
    distinct: dict[object, Value] = {}
    for item in items:
        bare, found = unmark_deep(item)
        marks |= found
        distinct[identity(bare)] = bare
    return mark(SetValue(element, sorted(distinct.values(), key=_order(element))), marks)


def identity(value: Value) -> object:
    """A key that is equal for values that are the same, and hashable; unknowns are never the same. No marks."""
    kind = type(value)
    if kind is str:
        return value
    if kind is bool:
        return (bool, value)
    if kind in NUMBERS:
        return (int, value)
    if isinstance(value, (MapValue, ObjectValue)):
        return (kind, tuple((name, identity(item)) for name, item in value.sorted_items()))
    if isinstance(value, SEQUENCES):
        return (kind, tuple(identity(item) for item in value.items))
    return None if value is None or kind is Null else object()


def _order(element: Type) -> Any:
    """The sort key of a set's elements: natural for primitives, cty's byte representation for the rest; nulls last."""
    if isinstance(element, Primitive):
        return lambda value: (1, 0) if type(value) is Unknown else (2, 0) if is_null(value) else (0, value)
    return lambda value: (1, 0) if type(value) is Unknown else (2, 0) if is_null(value) else (0, _bytes(value).encode())


def _bytes(value: Value) -> str:
    """What cty orders sets of structured values by."""
    if is_null(value):
        return "~"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool):
        return "T" if value else "F"
    if isinstance(value, MapValue):
        return "{" + "".join(f"{quoted(k)}:{_bytes(v)};" for k, v in value.sorted_items()) + "}"
    if isinstance(value, ObjectValue):
        return "<" + "".join(f"{_bytes(v)};" for _, v in value.sorted_items()) + ">"
    if isinstance(value, TupleValue):
        return "<" + "".join(f"{_bytes(v)};" for v in value.items) + ">"
    if isinstance(value, (ListValue, SetValue)):
        return "[" + "".join(f"{_bytes(v)};" for v in value.items) + "]"
    return general(value) if isinstance(value, (int, float, Fraction)) else "?"


def general(value: Number) -> str:
    """A number with ten digits as Go's ``%.10g`` writes it."""
    from decimal import Context, Decimal

    exact = Context(prec=10).create_decimal(Decimal(number_text(value)))
    if not exact:
        return "0"
    exponent = exact.adjusted()
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    sign = "-" if exact < 0 else ""
    if exponent < -4 or exponent >= 10:
        rest = "." + digits[1:] if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{rest}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    plain = format(exact, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


_GO_ESCAPES = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 34: '\\"', 92: "\\\\"}


def quoted(text: str) -> str:
    """``text`` as Go's ``%q`` writes it."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    made = []
    for character in text:
        code = ord(character)
        if code in _GO_ESCAPES:
            made.append(_GO_ESCAPES[code])
        elif character.isprintable():
            made.append(character)
        elif code < 0x80:
            made.append(f"\\x{code:02x}")
        else:
            made.append(f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")
    return '"' + "".join(made) + '"'
