"""The kit for functions accepts good ones and catches one that breaks each rule."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from kvmplan_sdk import (
    UNKNOWN,
    Function,
    FunctionError,
    Host,
    Object,
    Parameter,
    Provider,
    ProviderSchema,
    Session,
    Value,
)
from kvmplan_sdk.testing.functions import assert_declared_well, call
from kvmplan_sdk.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type
from kvmplan_sdk.values import Typed


class Calculating(Provider):
    name = "calculating"
    version = "1"

    def __init__(self, **functions: Function) -> None:
        self.schema = ProviderSchema(functions=functions)

    def open(self, host: Host, configuration: Object, lineage: str) -> Session:
        raise AssertionError("a function needs no session")


def parameter(type_: Type, name: str = "x", *, null: bool = False, unknown: bool = False) -> Parameter:
    return Parameter(name=name, type=type_, doc="Something.", null=null, unknown=unknown)


def made(
    body: Callable[..., Any], *parameters: Parameter, returns: Type = ANY, variadic: Parameter | None = None
) -> Provider:
    return Calculating(f=Function(summary="It.", returns=returns, call=body, parameters=parameters, variadic=variadic))


def test_a_good_function_answers() -> None:
    joined = made(lambda *parts: ".".join(parts), parameter(STRING), variadic=parameter(STRING, "more"), returns=STRING)
    assert call(joined, "f", "a", "b", "c") == "a.b.c"
    assert_declared_well(joined)


def test_the_example_for_authors_is_a_good_function() -> None:
    text = (Path(__file__).parents[3] / "CONTRIBUTING.md").read_text()
    (example,) = (block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "functions=" in block)
    names: dict[str, Any] = {}
    exec(example, names)
    provider = Calculating(**names["SCHEMA"].functions)
    assert_declared_well(provider)
    assert call(provider, "port_name", "br-backend-long", 7) == "br-backend-p7"
    with pytest.raises(FunctionError) as problem:
        call(provider, "port_name", "br0", 1000)
    assert problem.value.argument == 1


def test_what_is_unknown_is_not_asked_for_unless_declared() -> None:
    def never(_value: Value) -> Value:
        raise AssertionError("called")

    assert call(made(never, parameter(ListType(STRING)), returns=STRING), "f", ["a", UNKNOWN]) is UNKNOWN
    length = made(len, parameter(ListType(STRING), unknown=True), returns=NUMBER)
    with pytest.raises(TypeError):
        call(length, "f", UNKNOWN)


def test_what_the_function_refuses_is_raised() -> None:
    def refuse(value: str) -> str:
        raise FunctionError(f"{value} will not do", 0)

    with pytest.raises(FunctionError, match="a will not do"):
        call(made(refuse, parameter(STRING), returns=STRING), "f", "a")


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("a", STRING), (None, STRING), (1, NUMBER), (Decimal("0.5"), NUMBER), (True, BOOL), (["a"], SetType(STRING)),
        ({"a": [1]}, MapType(ListType(NUMBER))), ({"a": 1, "b": None}, ObjectType({"a": NUMBER, "b": STRING})),
        (["a", 1], TupleType((STRING, NUMBER))), ({"a": "b"}, ANY), (Typed(["a"], ListType(STRING)), ANY),
    ],
)  # fmt: skip
def test_answers_of_the_declared_type_pass(value: Value, type_: Type) -> None:
    assert call(made(lambda: value, returns=type_), "f") == value


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (1, STRING), (0.5, NUMBER), (True, NUMBER), (1, BOOL), ("a", ListType(STRING)), (["a", 1], ListType(STRING)),
        ({"a": 1, "c": 2}, ObjectType({"a": NUMBER})), ({}, ObjectType({"a": NUMBER})), (["a"], TupleType(())),
        ({"a": {"b": 1}}, MapType(MapType(STRING))), (Typed([1], ListType(STRING)), ANY),
    ],
)  # fmt: skip
def test_answers_of_another_type_are_caught(value: Any, type_: Type) -> None:
    with pytest.raises(AssertionError, match="is not of type"):
        call(made(lambda: value, returns=type_), "f")


def _changes(values: list[Value]) -> int:
    values.append("more")
    return len(values)


def _moody() -> Callable[[], str]:
    counter = count()

    def answer() -> str:
        if next(counter) % 2:
            raise FunctionError("not today")
        return "a"

    return answer


def _wrong_early(value: Value) -> str:
    return "early" if value is UNKNOWN else "late"


def _counts_known(values: Value) -> Value:
    return UNKNOWN if values is UNKNOWN else sum(value is not UNKNOWN for value in values)  # type: ignore[union-attr]


def _blames_nobody(_value: Value) -> Value:
    raise FunctionError("no", 3)


COUNTER = count()
BAD: dict[str, tuple[Provider, tuple[Value, ...]]] = {
    "not pure": (made(lambda: next(COUNTER)), ()),
    "fails the second time": (made(_moody()), ()),
    "changes its arguments": (made(_changes, parameter(ListType(STRING))), (["a"],)),
    "unknown answer": (made(lambda: UNKNOWN), ()),
    "and when all is known": (made(_wrong_early, parameter(STRING, unknown=True)), ("a",)),
    "answers 1 to": (made(_counts_known, parameter(ListType(STRING), unknown=True)), (["a", "b"],)),
    "blames no argument": (made(_blames_nobody, parameter(STRING)), ("a",)),
    "refuses null": (made(lambda value: value, parameter(STRING)), (None,)),
    "argument x: it is not of type": (made(lambda value: value, parameter(STRING)), (1,)),
    "needs 1 arguments": (made(lambda value: value, parameter(STRING)), ()),
    "takes 1 arguments, not 2": (made(lambda value: value, parameter(STRING)), ("a", "b")),
}


@pytest.mark.parametrize("rule", BAD)
def test_breaches_are_caught(rule: str) -> None:
    provider, arguments = BAD[rule]
    with pytest.raises(AssertionError, match=rule):
        call(provider, "f", *arguments)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("not-so", Function(summary="It.", returns=STRING, call=str)),
        ("f", Function(summary=" ", returns=STRING, call=str)),
        ("f", Function(summary="It\nruns on.", returns=STRING, call=str)),
        ("f", Function(summary="It.", returns=STRING, call=str, parameters=(parameter(STRING), parameter(STRING)))),
        ("f", Function(summary="It.", returns=STRING, call=str, variadic=parameter(STRING, "a b"))),
        (
            "f",
            Function(summary="It.", returns=STRING, call=str, variadic=Parameter(name="x", type=STRING, doc="")),
        ),
    ],
)
def test_bad_declarations_are_caught(name: str, function: Function) -> None:
    with pytest.raises(AssertionError):
        assert_declared_well(Calculating(**{name: function}))
