"""Conversion of values between types and the type that several types have in common, by cty's rules.

A conversion is *safe* when it always succeeds (number to string), *unsafe* when the value decides (string to number).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kvmplan.lang.values import (
    NUMBERS,
    UNREFINED,
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
        return mark(convert(value.value, to), value.marks)
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


def bare(type_: Type) -> Type:
    """The type without optional attributes, as values have it."""
    match type_:
        case ListType(element):
            return ListType(bare(element))
        case SetType(element):
            return SetType(bare(element))
        case MapType(element):
            return MapType(bare(element))
        case TupleType(elements):
            return TupleType(tuple(map(bare, elements)))
        case ObjectType(attributes):
            return ObjectType({name: bare(attribute) for name, attribute in attributes.items()})
    return type_


def _absent(value: Null | Unknown, to: Type) -> Value:
    if value.type == to:
        return value
    _require(value.type, to)
    target = bare(to)
    if isinstance(value, Null):
        return null(target)
    if _has_dynamic(target) and isinstance(value.type, (TupleType, ObjectType, ListType, SetType, MapType)):
        target = _settled(value.type, target)
    return Unknown(target, _kept(value.refinement, value.type, target)) if target != ANY else value


def _settled(of: Type, to: Type) -> Type:
    """``to`` with ``any`` replaced by what it will be for values of type ``of``."""
    if type(to) is Dynamic:
        return of
    match of, to:
        case ((ListType(inner) | SetType(inner) | MapType(inner)), (ListType() | SetType() | MapType())):
            return type(to)(_settled(inner, to.element))
        case (TupleType(inners), (ListType() | SetType())):
            common = unify(inners) if type(to.element) is Dynamic else None
            return type(to)(common if common is not None else to.element)
        case (ObjectType(attributes), MapType(element)):
            common = unify(attributes.values()) if type(element) is Dynamic else None
            return MapType(common if common is not None else element)
    return to


def _kept(refinement: Refinement, of: Type, to: Type) -> Refinement:
    """What survives of a refinement when the type changes."""
    if of == to or refinement == UNREFINED:
        return refinement
    kept = Refinement(not_null=refinement.not_null)
    if isinstance(of, (ListType, SetType, MapType)) and isinstance(to, (ListType, SetType, MapType)):
        least = refinement.min_length if not isinstance(to, SetType) else min(refinement.min_length, 1)
        return replace(kept, min_length=least, max_length=refinement.max_length)
    if isinstance(of, TupleType) and isinstance(to, (ListType, SetType)):
        count = len(of.elements)
        return replace(kept, min_length=count if isinstance(to, ListType) else min(count, 1), max_length=count)
    return kept


def _primitive(value: Value, to: Primitive) -> Value:
    if to == STRING:
        if value is True or value is False:
            return "true" if value else "false"
        if type(value) in NUMBERS:
            return number_text(value)  # type: ignore[arg-type]
        raise ConversionError(_mismatch(type_of_value(value), to))
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
    raise ConversionError(_mismatch(type_of_value(value), to))


def _container(value: Value, to: Type) -> Value:
    match to, value:
        case ListType(element), (ListValue() | SetValue() | TupleValue()):
            items, element = _elements(value.items, element, type_of_value(value))
            if isinstance(value, SetValue) and (lengths := length_range(value))[0] != lengths[1]:
                return Unknown(ListType(element), Refinement(True, min_length=lengths[0], max_length=lengths[1]))
            return ListValue(element, items)
        case SetType(element), (ListValue() | SetValue() | TupleValue()):
            items, element = _elements(value.items, element, type_of_value(value))
            return make_set(element, items)
        case MapType(element), (MapValue() | ObjectValue()):
            names = list(value.entries)
            items, element = _elements(value.entries.values(), element, type_of_value(value), names)
            return MapValue(element, dict(zip(names, items, strict=True)))
        case TupleType(elements), TupleValue(items=parts):
            return TupleValue(
                _at(index, part, kind) for index, (part, kind) in enumerate(zip(parts, elements, strict=True))
            )
        case ObjectType(), (ObjectValue() | MapValue()):
            return _object(value.entries, to)
    raise ConversionError(_mismatch(type_of_value(value), to))


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


def _elements(
    parts: Iterable[Value], element: Type, of: Type, names: Sequence[str] | None = None
) -> tuple[list[Value], Type]:
    """The parts of a collection converted to one element type, and that type."""
    if type(element) is Dynamic:
        found = _element_type(of)
        if found is None:
            raise ConversionError(_mismatch(of, ListType(ANY)))
        element = found
    items = [_at(names[index] if names else index, part, element) for index, part in enumerate(parts)]
    if _has_dynamic(element) and items:
        common = common_type([type_of_value(item) for item in items])
        if common is None:
            raise ConversionError("all elements must have the same type")
        items = [_at(names[index] if names else index, item, common) for index, item in enumerate(items)]
        return items, bare(common)
    return items, bare(element)


def common_type(types: Sequence[Type]) -> Type | None:
    """The type of elements of which some have none: the one that the others share."""
    common = unify(types)
    if common is not None and type(common) is Dynamic:
        typed = [kind for kind in types if type(kind) is not Dynamic]
        if typed:
            return typed[0] if all(kind == typed[0] for kind in typed) else None
    return common


def _element_type(of: Type) -> Type | None:
    """What the elements of a value of type ``of`` have in common."""
    match of:
        case ListType(element) | SetType(element) | MapType(element):
            return element
        case TupleType(elements):
            return unify(elements)
        case ObjectType(attributes):
            return unify(attributes.values())
    return None


def _has_dynamic(type_: Type) -> bool:
    match type_:
        case Dynamic():
            return True
        case ListType(element) | SetType(element) | MapType(element):
            return _has_dynamic(element)
        case TupleType(elements):
            return any(map(_has_dynamic, elements))
        case ObjectType(attributes):
            return any(map(_has_dynamic, attributes.values()))
    return False


def _require(of: Type, to: Type) -> None:
    if not convertible(of, to):
        raise ConversionError(_mismatch(of, to), _where(of, to))


def convertible(of: Type, to: Type, *, safe: bool = False) -> bool:
    """Whether values of type ``of`` can be converted to ``to``; always (``safe``) or at least some of them."""
    if of == to or type(to) is Dynamic:
        return True
    if type(of) is Dynamic:
        return not safe
    if isinstance(of, Primitive) and isinstance(to, Primitive):
        return to == STRING or (not safe and of == STRING)
    match of, to:
        case ((ListType(inner) | SetType(inner)), (ListType(outer) | SetType(outer))):
            return convertible(inner, outer, safe=safe)
        case MapType(inner), MapType(outer):
            return convertible(inner, outer, safe=safe)
        case TupleType(inners), (ListType(outer) | SetType(outer)):
            return _settles(inners, outer, safe) and _all_convertible(inners, outer, safe)
        case ObjectType(attributes), MapType(outer):
            return _all_convertible(tuple(attributes.values()), outer, safe)
        case TupleType(inners), TupleType(outers):
            pairs = zip(inners, outers, strict=False)
            return len(inners) == len(outers) and all(convertible(a, b, safe=safe) for a, b in pairs)
        case ObjectType(attributes), ObjectType(wanted, optional):
            return all(
                convertible(attributes[name], kind, safe=safe) if name in attributes else name in optional
                for name, kind in wanted.items()
            )
        case MapType(inner), ObjectType(wanted):
            return not safe and all(convertible(inner, kind) for kind in wanted.values())
    return False


def _settles(inners: Sequence[Type], outer: Type, safe: bool) -> bool:
    """Whether a list of ``inners`` can have an element type. Unlike a map's, it must show before there are values."""
    if type(outer) is not Dynamic or all(type(inner) is Dynamic for inner in inners):
        return True
    return type(unify(inners, safe=safe)) is not Dynamic


def _all_convertible(inners: Sequence[Type], outer: Type, safe: bool) -> bool:
    if type(outer) is Dynamic and inners:
        common = unify(inners, safe=safe)
        if common is None:
            return False
        outer = common
    return all(convertible(inner, outer, safe=safe) for inner in inners)


def _where(of: Type, to: Type) -> Path:
    """The path to the first part of a structure that does not fit."""
    match of, to:
        case ObjectType(attributes), ObjectType(wanted):
            for name, kind in wanted.items():
                if name in attributes and not convertible(attributes[name], kind):
                    return (name, *_where(attributes[name], kind))
        case TupleType(inners), (ListType(outer) | SetType(outer)):
            for index, inner in enumerate(inners):
                if not convertible(inner, outer):
                    return (index, *_where(inner, outer))
        case ObjectType(attributes), MapType(outer):
            for name, inner in attributes.items():
                if not convertible(inner, outer):
                    return (name, *_where(inner, outer))
    return ()


def _mismatch(of: Type, to: Type) -> str:  # noqa: C901 - one branch per pair of kinds
    """Why ``of`` does not fit ``to``: at the part that `_where` leads to."""
    match of, to:
        case ObjectType(attributes), ObjectType(wanted, optional):
            for name, kind in wanted.items():
                if name in attributes and not convertible(attributes[name], kind):
                    return _mismatch(attributes[name], kind)
            missing = sorted(name for name in wanted if name not in attributes and name not in optional)
            if missing:
                listed = ", ".join(f'"{name}"' for name in missing)
                return f"attribute {listed} is required" if len(missing) == 1 else f"attributes {listed} are required"
        case (TupleType(inners), (ListType(outer) | SetType(outer))):
            for inner in inners:
                if not convertible(inner, outer):
                    return _mismatch(inner, outer)
            return f"all {'list' if isinstance(to, ListType) else 'set'} elements must have the same type"
        case (ObjectType(attributes), MapType(outer)):
            for inner in attributes.values():
                if not convertible(inner, outer):
                    return _mismatch(inner, outer)
            return "all map elements must have the same type"
        case TupleType(inners), TupleType(outers) if len(inners) != len(outers):
            return f"a tuple of {len(outers)} elements is required, not {len(inners)}"
        case ((ListType(inner) | SetType(inner) | MapType(inner)), (ListType(outer) | SetType(outer) | MapType(outer))):
            if isinstance(of, MapType) == isinstance(to, MapType):
                return "incorrect element type: " + _mismatch(inner, outer)
    return f"{friendly(to)} is required, but this is {friendly(of)}"


def friendly(type_: Type) -> str:
    """A type as one says it in a sentence."""
    match type_:
        case Primitive(name):
            return f"a {name}"
        case Dynamic():
            return "a value of any type"
        case ListType(element):
            return f"a list of {_plural(element)}"
        case SetType(element):
            return f"a set of {_plural(element)}"
        case MapType(element):
            return f"a map of {_plural(element)}"
        case TupleType():
            return "a tuple"
    return "an object"


def _plural(type_: Type) -> str:
    return "any single type" if type(type_) is Dynamic else friendly(type_).split(" ", 1)[1]


# Unification


def unify(types: Iterable[Type], *, safe: bool = False) -> Type | None:
    """The type that values of all ``types`` can be converted to, or None. With no types at all, ``any``."""
    given = tuple(types)
    if not given:
        return ANY
    first = given[0]
    if all(other == first for other in given[1:]):
        return first
    dynamic = any(type(kind) is Dynamic for kind in given)
    known = [kind for kind in given if type(kind) is not Dynamic]
    kinds = {type(kind) for kind in known}
    if len(kinds) == 1 and (kind := kinds.pop()) is not Primitive:
        return ANY if dynamic else _unify_alike(kind, known, safe)
    if kinds == {MapType, ObjectType}:
        if (found := _as_collection(MapType, known, dynamic, safe)) is not None:
            return found
    elif kinds == {ListType, TupleType} and (found := _as_collection(ListType, known, dynamic, safe)) is not None:
        return found
    if {ObjectType, TupleType} <= {type(kind) for kind in known}:
        return None
    return _preferred(given, safe)


def _unify_alike(kind: type, types: Sequence[Type], safe: bool) -> Type | None:
    if kind is ObjectType:
        return _unify_objects(types, safe)
    if kind is TupleType:
        return _unify_tuples(types, safe)
    element = unify((type_.element for type_ in types), safe=safe)  # type: ignore[union-attr]
    return None if element is None else kind(element)


def _unify_objects(types: Sequence[Type], safe: bool) -> Type | None:
    shapes = [type_.attributes for type_ in types if isinstance(type_, ObjectType)]
    if any(shape.keys() != shapes[0].keys() for shape in shapes):
        common = unify((kind for shape in shapes for kind in shape.values()), safe=safe)
        return None if common is None else MapType(common)
    made: dict[str, Type] = {}
    for name in shapes[0]:
        found = unify((shape[name] for shape in shapes), safe=safe)
        if found is None:
            return None
        made[name] = found
    return ObjectType(made)


def _unify_tuples(types: Sequence[Type], safe: bool) -> Type | None:
    shapes = [type_.elements for type_ in types if isinstance(type_, TupleType)]
    if any(len(shape) != len(shapes[0]) for shape in shapes):
        common = unify((kind for shape in shapes for kind in shape), safe=safe)
        return None if common is None else ListType(common)
    made = []
    for column in zip(*shapes, strict=True):
        found = unify(column, safe=safe)
        if found is None:
            return None
        made.append(found)
    return TupleType(tuple(made))


def _as_collection(
    kind: type[ListType] | type[MapType], types: Sequence[Type], dynamic: bool, safe: bool
) -> Type | None:
    """Objects among maps taken for maps, tuples among lists taken for lists, if all types are known."""
    if dynamic:
        return None
    inner: list[Type] = []
    for type_ in types:
        match type_:
            case ObjectType(attributes):
                inner.extend(attributes.values())
            case TupleType(elements):
                inner.extend(elements)
            case ListType(element) | MapType(element):
                inner.append(element)
    common = unify(inner, safe=safe)
    return None if common is None else kind(common)


def _preferred(types: Sequence[Type], safe: bool) -> Type | None:
    """The first type, strings before other primitives and ``any`` last, that all others convert to."""
    ranked = sorted(range(len(types)), key=lambda at: (type(types[at]) is Dynamic, types[at] != STRING, at))
    for at in ranked:
        if all(convertible(other, types[at], safe=safe) for other in types):
            return bare(types[at])
    return None
