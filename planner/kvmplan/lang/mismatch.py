"""Why a type does not fit another, in words."""

from __future__ import annotations

from kvmplan.lang.unify import convertible
from kvmplan_sdk.types import Dynamic, ListType, MapType, ObjectType, Primitive, SetType, TupleType, Type
from kvmplan_sdk.values import Path


def where(of: Type, to: Type) -> Path:
    """The path to the first part of a structure that does not fit."""
    match of, to:
        case ObjectType(attributes), ObjectType(wanted):
            for name, kind in wanted.items():
                if name in attributes and not convertible(attributes[name], kind):
                    return (name, *where(attributes[name], kind))
        case TupleType(inners), (ListType(outer) | SetType(outer)):
            for index, inner in enumerate(inners):
                if not convertible(inner, outer):
                    return (index, *where(inner, outer))
        case ObjectType(attributes), MapType(outer):
            for name, inner in attributes.items():
                if not convertible(inner, outer):
                    return (name, *where(inner, outer))
    return ()


def mismatch(of: Type, to: Type) -> str:  # noqa: C901 - one branch per pair of kinds
    """Why ``of`` does not fit ``to``: at the part that `where` leads to."""
    match of, to:
        case ObjectType(attributes), ObjectType(wanted, optional):
            for name, kind in wanted.items():
                if name in attributes and not convertible(attributes[name], kind):
                    return mismatch(attributes[name], kind)
            missing = sorted(name for name in wanted if name not in attributes and name not in optional)
            if missing:
                listed = ", ".join(f'"{name}"' for name in missing)
                return f"attribute {listed} is required" if len(missing) == 1 else f"attributes {listed} are required"
        case (TupleType(inners), (ListType(outer) | SetType(outer))):
            for inner in inners:
                if not convertible(inner, outer):
                    return mismatch(inner, outer)
            return f"all {'list' if isinstance(to, ListType) else 'set'} elements must have the same type"
        case (ObjectType(attributes), MapType(outer)):
            for inner in attributes.values():
                if not convertible(inner, outer):
                    return mismatch(inner, outer)
            return "all map elements must have the same type"
        case TupleType(inners), TupleType(outers) if len(inners) != len(outers):
            return f"a tuple of {len(outers)} elements is required, not {len(inners)}"
        case ((ListType(inner) | SetType(inner) | MapType(inner)), (ListType(outer) | SetType(outer) | MapType(outer))):
            if isinstance(of, MapType) == isinstance(to, MapType):
                return "incorrect element type: " + mismatch(inner, outer)
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
