"""The operators: arithmetic in 512-bit floating point, comparison, logic with three values."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from kvmplan.lang.convert import ConversionError, convert
from kvmplan.lang.equality import equal
from kvmplan.lang.values import (
    NOT_NULL,
    ListValue,
    MapValue,
    Marked,
    Refinement,
    SetValue,
    Unknown,
    Value,
    is_null,
    is_number,
    length_range,
    mark,
    unmark,
)
from kvmplan.syntax.number import MAX_EXPONENT, NEGATIVE_ZERO, Number, from_float, normal, rounded
from kvmplan_sdk.types import BOOL, NUMBER, Type

_COMPARISONS = frozenset({"<", ">", "<=", ">="})


class OperandError(Exception):
    """An operand does not suit its operator. ``operand``: 0 left, 1 right, None both."""

    def __init__(self, summary: str, detail: str, operand: int | None = None) -> None:
        super().__init__(detail)
        self.summary, self.detail, self.operand = summary, detail, operand


def result_type(operator: str) -> Type:
    return NUMBER if operator in "+-*/%" else BOOL


def binary(operator: str, left: Value, right: Value) -> Value:
    """The result of an operator other than ``&&`` and ``||``. Raises `OperandError`."""
    if operator == "==":
        return equal(left, right)
    if operator == "!=":
        return negated(equal(left, right))
    a, b = left, right
    if not (type(a) is int and type(b) is int):
        a, b = _operand(left, NUMBER, 0), _operand(right, NUMBER, 1)
        if isinstance(a, Marked) or isinstance(b, Marked):
            bare_a, marks_a = unmark(a)
            bare_b, marks_b = unmark(b)
            return mark(_numeric(operator, bare_a, bare_b), marks_a | marks_b)
    return _numeric(operator, a, b)


def _operand(value: Value, wanted: Type, at: int) -> Value:
    value = suited(value, wanted, at)
    if is_null(value):
        raise no_value(at)
    return value


def suited(value: Value, wanted: Type, at: int) -> Value:
    """An operand as one of the type ``wanted``, perhaps null. Raises `OperandError`."""
    try:
        return convert(value, wanted)
    except ConversionError as failure:
        side = "right" if at else "left"
        raise OperandError("Invalid operand", f"Unsuitable value for the {side} operand: {failure}.", at) from None


def no_value(at: int) -> OperandError:
    return OperandError("Operation failed", "An operand is null, and null has no value to compute with.", at)


def _numeric(operator: str, left: Any, right: Any) -> Value:
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _compared_unknown(operator, left, right) if operator in _COMPARISONS else Unknown(NUMBER, NOT_NULL)
    match operator:
        case "<":
            return bool(left < right)
        case ">":
            return bool(left > right)
        case "<=":
            return bool(left <= right)
        case ">=":
            return bool(left >= right)
    try:
        return arithmetic(operator, left, right)
    except (OverflowError, ValueError):
        raise OperandError("Operation failed", "The result is too large a number.") from None


def arithmetic(operator: str, left: Number, right: Number) -> Number:
    """Raises `OperandError` for a division by zero, `ValueError` when the result is too large."""
    if isinstance(left, float) and isinstance(right, float) and operator in "+-*":
        made = left + right if operator == "+" else left - right if operator == "-" else left * right
        return from_float(made)
    negative = _is_negative(left) != _is_negative(right)
    if isinstance(left, float):
        left = Fraction(left)
    if isinstance(right, float):
        right = Fraction(right)
    match operator:
        case "+":
            result: int | Fraction = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case "/":
            if right == 0:
                raise OperandError("Division by zero", "A number cannot be divided by zero.", 1)
            result = Fraction(left) / Fraction(right)
        case _:
            return _modulo(left, right)
    if result == 0 and operator in "*/" and negative:
        return NEGATIVE_ZERO
    return _bounded(result)


def _is_negative(value: Number) -> bool:
    return math.copysign(1, value) < 0 if isinstance(value, float) else value < 0


def _bounded(result: int | Fraction) -> Number:
    if type(result) is int:
        if result.bit_length() <= 512:
            return result
        if result.bit_length() > MAX_EXPONENT * 3:
            raise ValueError("too large")
        return rounded(result)
    return normal(Fraction(result))


def _modulo(left: int | Fraction, right: int | Fraction) -> Number:
    """The remainder with the sign of ``left``, each step rounded; by zero, ``left`` itself, as Terraform has it."""
    if right == 0:
        return left
    whole = int(normal(Fraction(left) / Fraction(right)))
    product = _bounded(right * whole)
    assert isinstance(product, (int, Fraction))
    return _bounded(left - product)


def unary(operator: str, value: Value) -> Value:
    """Raises `OperandError`."""
    if operator == "!":
        return negated(_operand(value, BOOL, 1))
    bare, marks = unmark(_operand(value, NUMBER, 1))
    if isinstance(bare, Unknown):
        return mark(Unknown(NUMBER, NOT_NULL), marks)
    return mark(NEGATIVE_ZERO if bare == 0 else -bare, marks)  # type: ignore[operator]


def negated(value: Value) -> Value:
    bare, marks = unmark(value)
    return mark(Unknown(BOOL, NOT_NULL) if isinstance(bare, Unknown) else not bare, marks)


# Ranges of unknown numbers


def range_of(value: Value) -> Refinement:
    """What is certain of a value, known or not."""
    if isinstance(value, Unknown):
        return value.refinement
    if is_null(value):
        return Refinement()
    if is_number(value):
        return Refinement(True, low=value, high=value)
    if isinstance(value, (ListValue, MapValue, SetValue)):
        low, high = length_range(value)
        return Refinement(True, min_length=low, max_length=high)
    return NOT_NULL


def hull(first: Refinement, second: Refinement) -> Refinement:
    """What is certain of a number that is one of two."""
    low, low_inclusive, high, high_inclusive = None, True, None, True
    if first.low is not None and second.low is not None:
        low = min(first.low, second.low)
        low_inclusive = any(r.low == low and r.low_inclusive for r in (first, second))
    if first.high is not None and second.high is not None:
        high = max(first.high, second.high)
        high_inclusive = any(r.high == high and r.high_inclusive for r in (first, second))
    return Refinement(first.not_null and second.not_null, "", low, low_inclusive, high, high_inclusive)


def _compared_unknown(operator: str, left: Value, right: Value) -> Value:
    """Bounds decide only where they lie apart, as those of cty do: whether they are inclusive does not matter."""
    strict = _less(left, right) if operator[0] == "<" else _less(right, left)
    if strict is True or len(operator) == 1:
        return strict
    return False if strict is False and equal(left, right) is False else Unknown(BOOL, NOT_NULL)


def _less(left: Value, right: Value) -> Value:
    a, b = range_of(left), range_of(right)
    if a.high is not None and b.low is not None and a.high < b.low:
        return True
    if a.low is not None and b.high is not None and a.low > b.high:
        return False
    return Unknown(BOOL, NOT_NULL)
