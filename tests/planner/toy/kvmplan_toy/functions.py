"""Functions: one of every kind of parameter and answer, and some that break the contract."""

from __future__ import annotations

from collections.abc import Sequence

from kvmplan_sdk import UNKNOWN, Function, FunctionError, Parameter, Value
from kvmplan_sdk.types import ANY, NUMBER, STRING, ListType, ObjectType, SetType


def _half(number: int) -> int:
    if number % 2:
        raise FunctionError(f"{number} is odd: give an even number.", 0)
    return number // 2


def _label(separator: str, *parts: str) -> str:
    for position, part in enumerate(parts, 1):
        if separator in part:
            raise FunctionError(f"{part!r} has the separator in it", position)
    return separator.join(parts)


def _either(value: str | None, fallback: str) -> str:
    return fallback if value is None else value


def _count(values: Value) -> Value:
    return len(values) if isinstance(values, list) else UNKNOWN


def _split(names: Sequence[str]) -> Value:
    if not names:
        raise FunctionError("there is nothing to split")
    return {"first": names[0], "rest": names[1:]}


def _bug() -> str:
    raise RuntimeError("this function has a bug")


FUNCTIONS = {
    "half": Function(
        summary="Half of an even number.",
        parameters=(Parameter(name="number", type=NUMBER, doc="An even number."),),
        returns=NUMBER,
        call=_half,
    ),
    "label": Function(
        summary="Parts in one label.",
        parameters=(Parameter(name="separator", type=STRING, doc="What stands between them."),),
        variadic=Parameter(name="parts", type=STRING, doc="The parts."),
        returns=STRING,
        call=_label,
    ),
    "either": Function(
        summary="A value, or another one where it is null.",
        parameters=(
            Parameter(name="value", type=STRING, doc="May be null.", null=True),
            Parameter(name="fallback", type=STRING, doc="Stands for null."),
        ),
        returns=STRING,
        call=_either,
    ),
    "count": Function(
        summary="How many there are.",
        parameters=(Parameter(name="values", type=ListType(STRING), doc="Any of them unknown.", unknown=True),),
        returns=NUMBER,
        call=_count,
    ),
    "split": Function(
        summary="A set taken apart.",
        parameters=(Parameter(name="names", type=SetType(STRING), doc="One at least."),),
        returns=ObjectType({"first": STRING, "rest": ListType(STRING)}),
        call=_split,
    ),
    "same": Function(
        summary="Any value as it is.",
        parameters=(Parameter(name="value", type=ANY, doc="Anything.", null=True),),
        returns=ANY,
        call=lambda value: value,
    ),
    "bug": Function(summary="Raises.", returns=STRING, call=_bug),
    "lie": Function(summary="Answers with another type.", returns=NUMBER, call=lambda: ["a"]),
    "guess": Function(summary="Does not know.", returns=STRING, call=lambda: UNKNOWN),
}
