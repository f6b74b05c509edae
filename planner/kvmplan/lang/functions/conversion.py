"""Functions that convert between types, tell types and marks, and try expressions."""

from __future__ import annotations

from collections.abc import Callable

from kvmplan.lang.convert import ConversionError, convert, convertible, friendly
from kvmplan.lang.function import Function, FunctionError, Param, Registry, define
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import (
    DYNAMIC,
    EPHEMERAL,
    SENSITIVE,
    UNREFINED,
    ListValue,
    MapValue,
    Marked,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_wholly_known,
    mark,
    null,
    type_of_value,
    unknown,
    unmark,
    with_entries,
    with_items,
)
from kvmplan.syntax.nodes import Call, Expression
from kvmplan.syntax.static import references
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type

REGISTRY: Registry = {}


def _converter(name: str, wanted: Type) -> None:
    def result(value: Value) -> Type:
        given = type_of_value(value)
        if not convertible(given, wanted):
            raise FunctionError(f"cannot convert {friendly(given)} to {friendly(wanted)}", 0)
        return wanted

    def implementation(value: Value) -> Value:
        bare, marks = unmark(value)
        if isinstance(bare, Unknown):
            return mark(unknown(result(bare)), marks)
        try:
            return convert(value, wanted)
        except ConversionError as problem:
            raise FunctionError(str(problem), 0) from None

    implementation.__doc__ = f"Converts `value` to {friendly(wanted)}; null stays null."
    param = Param("value", ANY, null=True, marked=True, dynamic=True)
    define(REGISTRY, name, param, returns=result, refine=UNREFINED)(implementation)


for _name, _type in (
    ("tostring", STRING),
    ("tonumber", NUMBER),
    ("tobool", BOOL),
    ("tolist", ListType(ANY)),
    ("toset", SetType(ANY)),
    ("tomap", MapType(ANY)),
):
    _converter(_name, _type)


_ANY = Param("value", ANY, null=True, unknown=True, marked=True, dynamic=True)


def _same_type(value: Value) -> Type:
    return type_of_value(value)


@define(REGISTRY, "type", _ANY, returns=STRING)
def type_(value: Value) -> Value:
    """The type of `value`, as one writes it."""
    return type_text(type_of_value(value))


def type_text(type_: Type, indent: int = 0) -> str:
    """A type over as many lines as it has parts."""
    margin = " " * (indent + 4)
    match type_:
        case ListType(element) | SetType(element) | MapType(element):
            name = {ListType: "list", SetType: "set", MapType: "map"}[type(type_)]
            return f"{name}({type_text(element, indent)})"
        case TupleType(elements):
            inner = "".join(f"{margin}{type_text(element, indent + 4)},\n" for element in elements)
            return f"tuple([\n{inner}{' ' * indent}])" if inner else "tuple([])"
        case ObjectType(attributes):
            inner = "".join(
                f"{margin}{name}: {type_text(kind, indent + 4)},\n" for name, kind in sorted(attributes.items())
            )
            return f"object({{\n{inner}{' ' * indent}}})" if inner else "object({})"
    return "dynamic" if type_ == ANY else str(type_)


@define(REGISTRY, "sensitive", _ANY, returns=_same_type)
def sensitive(value: Value) -> Value:
    """`value`, never to be shown."""
    return mark(value, frozenset({SENSITIVE}))


@define(REGISTRY, "nonsensitive", _ANY, returns=_same_type)
def nonsensitive(value: Value) -> Value:
    """`value` without its sensitive mark: you decide that it may be shown."""
    bare, marks = unmark(value)
    return mark(bare, marks - {SENSITIVE})


@define(REGISTRY, "issensitive", _ANY, returns=BOOL)
def issensitive(value: Value) -> Value:
    """Whether `value` itself is marked as sensitive."""
    bare, marks = unmark(value)
    if SENSITIVE in marks:
        return True
    return Unknown(BOOL) if isinstance(bare, Unknown) else False


@define(REGISTRY, "ephemeralasnull", _ANY, returns=_same_type)
def ephemeralasnull(value: Value) -> Value:
    """`value` with every ephemeral value in it replaced by null."""
    if isinstance(value, Marked):
        if EPHEMERAL in value.marks:
            return mark(null(type_of_value(value)), value.marks - {EPHEMERAL})
        return mark(ephemeralasnull(value.value), value.marks)
    if isinstance(value, (MapValue, ObjectValue)):
        return with_entries(value, {name: ephemeralasnull(item) for name, item in value.entries.items()})
    if isinstance(value, (ListValue, SetValue, TupleValue)):
        return with_items(value, [ephemeralasnull(item) for item in value.items])
    return value


# Functions that take their arguments unevaluated


def _special(name: str, returns: Type, variadic: Param | None, doc: str, run: Callable[[Call, Scope], Value]) -> None:
    params = () if variadic else (Param("expression"),)
    REGISTRY[name] = Function(name, params, variadic, returns, run, doc, special=run)


def _undeclared(call: Call, scope: Scope) -> bool:
    """Report what is not declared: that is a mistake in the configuration, not an error to recover from."""
    from kvmplan.lang.evaluate import evaluate

    found = [part for argument in call.arguments for part in references(argument) if not scope.declares(part)]
    for part in found:
        evaluate(part, scope)
    return bool(found)


def _tried(argument: Expression, scope: Scope) -> tuple[Value, list[Diagnostic]]:
    """The value of an argument and why it has none."""
    from kvmplan.lang.evaluate import evaluate

    apart = scope.apart()
    value = evaluate(argument, apart)
    return value, [found for found in apart.diagnostics if found.is_error]


def _try(call: Call, scope: Scope) -> Value:
    if not call.arguments:
        scope.error("Not enough function arguments", "try needs at least one argument.", call)
        return DYNAMIC
    if _undeclared(call, scope):
        return DYNAMIC
    problems: list[Diagnostic] = []
    for argument in call.arguments:
        value, errors = _tried(argument, scope)
        if not errors:
            # What is not known yet may still turn out to be an error.
            return value if is_wholly_known(value) else DYNAMIC
        problems.extend(errors)
    said = "\n".join(f"- {found.summary}: {found.detail}" for found in problems)
    scope.error("Error in function call", f"No argument of try could be evaluated:\n{said}", call)
    return DYNAMIC


def _can(call: Call, scope: Scope) -> Value:
    if len(call.arguments) != 1:
        scope.error("Wrong number of arguments", "can takes one expression.", call)
        return Unknown(BOOL)
    if _undeclared(call, scope):
        return Unknown(BOOL)
    value, errors = _tried(call.arguments[0], scope)
    return False if errors else True if is_wholly_known(value) else Unknown(BOOL)


_special(
    "try",
    ANY,
    Param("expressions"),
    "The first of `expressions` that can be evaluated without an error.",
    _try,
)
_special("can", BOOL, None, "Whether `expression` can be evaluated without an error.", _can)
