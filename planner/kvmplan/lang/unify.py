"""Which types convert to which, and the type that several types have in common, by cty's rules.

A conversion is *safe* when it always succeeds (number to string), *unsafe* when the value decides (string to number).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import TypeVar

from kvmplan_sdk.types import (
    ANY,
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

_Structure = TypeVar("_Structure", ObjectType, TupleType)
_COLLECTIONS = (ListType, SetType, MapType)


def bare(type_: Type) -> Type:
    """The type without optional attributes, as values have it."""
    match type_:
        case ListType(element) | SetType(element) | MapType(element):
            return type(type_)(bare(element))
        case TupleType(elements):
            return TupleType(tuple(map(bare, elements)))
        case ObjectType(attributes):
            return ObjectType({name: bare(attribute) for name, attribute in attributes.items()})
    return type_


def has_dynamic(type_: Type) -> bool:
    """Whether ``any`` is in ``type_``, however deep."""
    match type_:
        case Dynamic():
            return True
        case ListType(element) | SetType(element) | MapType(element):
            return has_dynamic(element)
        case TupleType(elements):
            return any(map(has_dynamic, elements))
        case ObjectType(attributes):
            return any(map(has_dynamic, attributes.values()))
    return False


def convertible(of: Type, to: Type, *, safe: bool = False) -> bool:
    """Whether values of type ``of`` can be converted to ``to``; always (``safe``) or at least some of them."""
    if of == to or type(to) is Dynamic:
        return True
    if type(of) is Dynamic:
        return not safe
    if isinstance(of, Primitive) and isinstance(to, Primitive):
        return to == STRING or (not safe and of == STRING)
    match of, to:
        case ListType(), SetType() if safe:
            # The order is lost, and so is what is there twice.
            return False
        case ((ListType(inner) | SetType(inner)), (ListType(outer) | SetType(outer))):
            return convertible(inner, outer, safe=safe)
        case MapType(inner), MapType(outer):
            return convertible(inner, outer, safe=safe)
        case TupleType(inners), (ListType(outer) | SetType(outer)):
            return (element := element_type(of, outer, safe=safe)) is not None and _all(inners, element, safe)
        case ObjectType(attributes), MapType(outer):
            element = element_type(of, outer, safe=safe)
            return element is not None and _all(attributes.values(), element, safe)
        case TupleType(inners), TupleType(outers):
            pairs = zip(inners, outers, strict=False)
            return len(inners) == len(outers) and all(convertible(a, b, safe=safe) for a, b in pairs)
        case ObjectType(attributes), ObjectType(wanted, optional):
            return all(
                convertible(attributes[name], kind, safe=safe) if name in attributes else name in optional
                for name, kind in wanted.items()
            )
        case MapType(inner), ObjectType(wanted, optional):
            return not safe and all(convertible(inner, kind) or name in optional for name, kind in wanted.items())
    return False


def element_type(of: Type, wanted: Type, *, safe: bool = False) -> Type | None:
    """What the elements of a value of type ``of`` become when ``wanted`` is asked of them; None: that cannot be.

    Where ``any`` is wanted, that is what they have in common.
    """
    if type(wanted) is not Dynamic:
        return wanted
    match of:
        case ListType(element) | SetType(element) | MapType(element):
            return element
        case TupleType(elements):
            common = unify(elements, safe=safe)
            # An element of unknown type next to others could turn out to be one that the others do not suit.
            mixed = common == ANY and any(type(element) is not Dynamic for element in elements)
            return None if mixed else common
        case ObjectType(attributes):
            return unify(attributes.values(), safe=safe)
    return None


def _all(inners: Iterable[Type], outer: Type, safe: bool) -> bool:
    return all(convertible(inner, outer, safe=safe) for inner in inners)


def unify(types: Iterable[Type], *, safe: bool = False) -> Type | None:
    """The type that values of all ``types`` can be converted to, or None. With no types at all, ``any``."""
    given = _distinct(types)
    if len(given) < 2:
        return given[0] if given else ANY
    dynamic = ANY in given
    kinds = {type(kind) for kind in given} - {Dynamic}
    if len(kinds) == 1 and (kind := kinds.pop()) is not Primitive:
        return ANY if dynamic else _unify_alike(kind, given, safe)
    if {ObjectType, TupleType} <= kinds:
        return None
    found = None
    if kinds == {MapType, ObjectType}:
        found = _as_collections(given, ObjectType, _one_map, safe)
    elif kinds == {ListType, TupleType}:
        found = _as_collections(given, TupleType, _one_list, safe)
    return found or _preferred(given, safe)


def _distinct(types: Iterable[Type]) -> list[Type]:
    given: list[Type] = []
    for type_ in types:
        if not (given and type_ == given[-1]) and type_ not in given:
            given.append(type_)
    return given


def _unify_alike(kind: type, types: Sequence[Type], safe: bool) -> Type | None:
    if kind is ObjectType:
        return _unify_objects([type_ for type_ in types if isinstance(type_, ObjectType)], safe)
    if kind is TupleType:
        return _unify_tuples([type_ for type_ in types if isinstance(type_, TupleType)], safe)
    element = unify((type_.element for type_ in types if isinstance(type_, _COLLECTIONS)), safe=safe)
    made: Type | None = None if element is None else kind(element)
    return made if made is not None and _all(types, made, safe) else None


def _unify_objects(types: Sequence[ObjectType], safe: bool) -> Type | None:
    names = types[0].attributes.keys()
    if any(type_.attributes.keys() != names for type_ in types):
        return _one_map(types, safe)
    made: dict[str, Type] = {}
    for name in names:
        found = unify((type_.attributes[name] for type_ in types), safe=safe)
        if found is None:
            return None
        made[name] = found
    return common if _all(types, common := ObjectType(made), safe) else _one_map(types, safe)


def _unify_tuples(types: Sequence[TupleType], safe: bool) -> Type | None:
    if any(len(type_.elements) != len(types[0].elements) for type_ in types):
        return _one_list(types, safe)
    made: list[Type] = []
    for column in zip(*(type_.elements for type_ in types), strict=True):
        found = unify(column, safe=safe)
        if found is None:
            return None
        made.append(found)
    return common if _all(types, common := TupleType(tuple(made)), safe) else _one_list(types, safe)


def _one_map(types: Sequence[ObjectType], safe: bool) -> Type | None:
    """The map type that all these objects can become."""
    return _one(MapType, types, list(chain.from_iterable(type_.attributes.values() for type_ in types)), safe)


def _one_list(types: Sequence[TupleType], safe: bool) -> Type | None:
    """The list type that all these tuples can become."""
    return _one(ListType, types, list(chain.from_iterable(type_.elements for type_ in types)), safe)


def _one(
    kind: type[MapType] | type[ListType], types: Sequence[Type], elements: Sequence[Type], safe: bool
) -> Type | None:
    element = unify(elements, safe=safe) if elements else None
    return common if element is not None and _all(types, common := kind(element), safe) else None


def _as_collections(
    types: Sequence[Type],
    structure: type[_Structure],
    one: Callable[[Sequence[_Structure], bool], Type | None],
    safe: bool,
) -> Type | None:
    """The common type when structures among collections are taken for collections too."""
    common = one([type_ for type_ in types if isinstance(type_, structure)], safe)
    if common is None:
        return None
    found = unify((common if isinstance(type_, structure) else type_ for type_ in types), safe=safe)
    return found if isinstance(found, (ListType, MapType)) else None


def _preferred(types: Sequence[Type], safe: bool) -> Type | None:
    """The most general of ``types`` that all others convert to."""
    for candidate in _by_generality(types):
        if _all(types, candidate, safe):
            return bare(candidate)
    return None


def _by_generality(types: Sequence[Type]) -> list[Type]:
    """``types``, each after all that are more general, else in their order."""
    below = [[at for at, other in enumerate(types) if _more_general(type_, other)] for type_ in types]
    above = [0] * len(types)
    for at in chain.from_iterable(below):
        above[at] += 1
    order = [at for at, count in enumerate(above) if not count]
    for at in order:
        for lower in below[at]:
            above[lower] -= 1
            if not above[lower]:
                order.append(lower)
    return [types[at] for at in order]


def _more_general(first: Type, second: Type) -> bool:
    """Whether ``first`` is rather what values of both types become than ``second``."""
    if type(second) is Dynamic:
        return type(first) is not Dynamic
    match first, second:
        case Primitive(), Primitive():
            return first == STRING != second
        case (ListType(a), ListType(b)) | (SetType(a), SetType(b)) | (MapType(a), MapType(b)):
            return _more_general(a, b)
        case (ListType(), SetType() | TupleType()) | (TupleType(), SetType()) | (MapType(), ObjectType()):
            return True
        case ObjectType(a), ObjectType(b):
            return a.keys() == b.keys() and _somewhere([(kind, b[name]) for name, kind in a.items()])
        case TupleType(a), TupleType(b):
            return len(a) == len(b) and _somewhere(list(zip(a, b, strict=True)))
    return False


def _somewhere(pairs: Sequence[tuple[Type, Type]]) -> bool:
    """Whether the first is more general in some place and the second in none."""
    return any(_more_general(a, b) for a, b in pairs) and not any(_more_general(b, a) for a, b in pairs)
