"""Values as the console prints them."""

from __future__ import annotations

from kvmplan.lang.values import (
    EPHEMERAL,
    SENSITIVE,
    ListValue,
    MapValue,
    Marked,
    Null,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    quoted,
)
from kvmplan.syntax.number import number_text
from kvmplan_sdk.types import (
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

_NULLS = {STRING: "tostring(null)", NUMBER: "tonumber(null)", BOOL: "tobool(null)"}


def render(value: Value, indent: int = 0) -> str:  # noqa: C901 - one branch per kind of value
    """``value`` as an expression one could type, as far as it is known and not sensitive."""
    if isinstance(value, Marked):
        if isinstance(value.value, Unknown):
            return "(known after apply)"
        if SENSITIVE in value.marks:
            return "(sensitive value)"
        return "(ephemeral value)" if EPHEMERAL in value.marks else render(value.value, indent)
    if isinstance(value, str):
        return _text(value, indent)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Unknown):
        return "(known after apply)"
    if isinstance(value, Null):
        return _null(value.type)
    if isinstance(value, ObjectValue):
        return _mapping(value, indent)
    if isinstance(value, MapValue):
        return f"tomap({_mapping(value, indent)})"
    if isinstance(value, TupleValue):
        return _sequence(value, indent)
    if isinstance(value, ListValue):
        return f"tolist({_sequence(value, indent)})"
    if isinstance(value, SetValue):
        return f"toset({_sequence(value, indent)})"
    return number_text(value)


def _null(type_: Type) -> str:
    match type_:
        case Primitive():
            return _NULLS[type_]
        case ListType(element):
            return f"tolist(null) /* of {friendly_name(element)} */"
        case SetType(element):
            return f"toset(null) /* of {friendly_name(element)} */"
        case MapType(element):
            return f"tomap(null) /* of {friendly_name(element)} */"
    return f"null /* {friendly_name(type_)} */"


def friendly_name(type_: Type) -> str:
    """A type in a word or two, as cty names it."""
    match type_:
        case Dynamic():
            return "dynamic"
        case ListType(element):
            return f"list of {friendly_name(element)}"
        case SetType(element):
            return f"set of {friendly_name(element)}"
        case MapType(element):
            return f"map of {friendly_name(element)}"
        case TupleType():
            return "tuple"
        case ObjectType():
            return "object"
    return str(type_)


def _text(text: str, indent: int) -> str:
    lines = text.split("\n")
    if len(lines) < 2:
        return quoted(text)
    marker = "EOT"
    while marker in (line.strip() for line in lines):
        marker += "_"
    margin = " " * indent
    body = "".join(f"\n{margin}{line}" for line in [*lines, marker])
    return f"<<{'-' if indent else ''}{marker}{body}"


def _mapping(value: MapValue | ObjectValue, indent: int) -> str:
    margin = "\n" + " " * (indent + 2)
    inner = "".join(f"{margin}{render(k, indent + 2)} = {render(v, indent + 2)}" for k, v in value.sorted_items())
    return "{" + inner + ("\n" + " " * indent if inner else "") + "}"


def _sequence(value: ListValue | SetValue | TupleValue, indent: int) -> str:
    margin = "\n" + " " * (indent + 2)
    inner = "".join(f"{margin}{render(item, indent + 2)}," for item in value.items)
    return "[" + inner + ("\n" + " " * indent if inner else "") + "]"
