"""Types of values, as HCL has them (cty): primitives, collections and structural types.

Not here: converting and unifying values between types, which the engine's language does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

JSONType = str | list[object]
"""A type as cty writes it in JSON: ``"string"``, ``["list", "string"]``, ``["object", {...}]``."""


@dataclass(frozen=True, slots=True)
class Primitive:
    """``string``, ``number`` or ``bool``."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Dynamic:
    """The placeholder ``any``: a type that is not known yet."""

    def __str__(self) -> str:
        return "any"


@dataclass(frozen=True, slots=True)
class ListType:
    element: Type

    def __str__(self) -> str:
        return f"list({self.element})"


@dataclass(frozen=True, slots=True)
class SetType:
    element: Type

    def __str__(self) -> str:
        return f"set({self.element})"


@dataclass(frozen=True, slots=True)
class MapType:
    element: Type

    def __str__(self) -> str:
        return f"map({self.element})"


@dataclass(frozen=True, slots=True)
class TupleType:
    elements: tuple[Type, ...]

    def __str__(self) -> str:
        return f"tuple([{', '.join(map(str, self.elements))}])"


@dataclass(frozen=True, slots=True)
class ObjectType:
    """``attributes`` by name; names in ``optional`` may be left out when converting to this type."""

    attributes: Mapping[str, Type] = field(hash=False)
    optional: frozenset[str] = frozenset()

    def __str__(self) -> str:
        inner = ", ".join(
            f"{name} = optional({type_})" if name in self.optional else f"{name} = {type_}"
            for name, type_ in sorted(self.attributes.items())
        )
        return f"object({{{inner}}})"


Type = Primitive | Dynamic | ListType | SetType | MapType | TupleType | ObjectType

STRING = Primitive("string")
NUMBER = Primitive("number")
BOOL = Primitive("bool")
ANY = Dynamic()


def to_json(type_: Type) -> JSONType:
    """The type in cty's JSON notation."""
    match type_:
        case Primitive(name):
            return name
        case Dynamic():
            return "dynamic"
        case ListType(element):
            return ["list", to_json(element)]
        case SetType(element):
            return ["set", to_json(element)]
        case MapType(element):
            return ["map", to_json(element)]
        case TupleType(elements):
            return ["tuple", [to_json(element) for element in elements]]
        case ObjectType(attributes, optional):
            shape = {name: to_json(attribute) for name, attribute in sorted(attributes.items())}
            return ["object", shape, sorted(optional)] if optional else ["object", shape]


def from_json(data: object) -> Type:
    """The type that ``data`` writes in cty's JSON notation. Raises `ValueError`."""
    match data:
        case "dynamic":
            return ANY
        case "string":
            return STRING
        case "number":
            return NUMBER
        case "bool":
            return BOOL
        case ["list", element]:
            return ListType(from_json(element))
        case ["set", element]:
            return SetType(from_json(element))
        case ["map", element]:
            return MapType(from_json(element))
        case ["tuple", list(elements)]:
            return TupleType(tuple(map(from_json, elements)))
        case ["object", dict(shape), *rest]:
            optional = rest[0] if rest and isinstance(rest[0], list) else []
            attributes = {str(name): from_json(attribute) for name, attribute in shape.items()}
            return ObjectType(attributes, frozenset(map(str, optional)))
    raise ValueError(f"not a type in JSON notation: {data!r}")
