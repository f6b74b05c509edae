"""Functions of numbers."""

from __future__ import annotations

import math
from typing import Any

from kvmplan.lang.convert import ConversionError, convert
from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.operators import arithmetic
from kvmplan.lang.values import (
    NOT_NULL,
    ListValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    is_wholly_known,
    type_of_value,
)
from kvmplan.syntax.number import Number, from_float
from kvmplan_sdk.types import ANY, NUMBER, STRING, Type

REGISTRY: Registry = {}
_NUM = Param("num", NUMBER)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def whole(value: Any, argument: int, *, bits: int = 64) -> int:
    """``value`` as an int of so many bits. Raises `FunctionError` when it has a fraction or does not fit."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, int):
        raise FunctionError("a whole number is required", argument)
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise FunctionError("the number is too large or too small here", argument)
    return value


@define(REGISTRY, "abs", _NUM, returns=NUMBER)
def abs_(num: Number) -> Value:
    """The absolute value of `num`."""
    return -num if num < 0 else num


@define(REGISTRY, "ceil", _NUM, returns=NUMBER)
def ceil(num: Number) -> Value:
    """The nearest whole number not less than `num`."""
    return math.ceil(num)


@define(REGISTRY, "floor", _NUM, returns=NUMBER)
def floor(num: Number) -> Value:
    """The nearest whole number not greater than `num`."""
    return math.floor(num)


@define(REGISTRY, "signum", _NUM, returns=NUMBER)
def signum(num: Number) -> Value:
    """-1, 0 or 1: the sign of the whole number `num`."""
    number = whole(num, 0)
    return (number > 0) - (number < 0)


@define(REGISTRY, "log", _NUM, Param("base", NUMBER), returns=NUMBER)
def log(num: Number, base: Number) -> Value:
    """The logarithm of `num` to `base`."""
    try:
        if base == 0:
            return from_float(-math.copysign(0.0, math.log(num)))
        return from_float(_logarithm(float(num)) / _logarithm(float(base)))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise FunctionError("the logarithm is not a finite number") from None


_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ODD = (6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01, 1.479819860511658591e-01)
_EVEN = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)


def _logarithm(x: float) -> float:
    """The natural logarithm as Go and FreeBSD compute it, so that the last digits agree."""
    if x <= 0:
        raise ValueError
    part, exponent = math.frexp(x)
    if part < math.sqrt(0.5):
        part, exponent = part * 2, exponent - 1
    f = part - 1
    s = f / (2 + f)
    s2 = s * s
    s4 = s2 * s2
    odd = s2 * (_ODD[0] + s4 * (_ODD[1] + s4 * (_ODD[2] + s4 * _ODD[3])))
    even = s4 * (_EVEN[0] + s4 * (_EVEN[1] + s4 * _EVEN[2]))
    half = 0.5 * f * f
    return exponent * _LN2_HIGH - ((half - (s * (half + (odd + even)) + exponent * _LN2_LOW)) - f)


@define(REGISTRY, "pow", _NUM, Param("power", NUMBER), returns=NUMBER)
def pow_(num: Number, power: Number) -> Value:
    """`num` to the power of `power`."""
    try:
        return from_float(_power(float(num), float(power)))
    except (ValueError, ZeroDivisionError, OverflowError):
        raise FunctionError("the power is not a finite number") from None


def _power(x: float, y: float) -> float:  # noqa: C901 - the special cases are the algorithm
    """Powers as Go computes them, rounding as it goes, so that the last digits agree."""
    if y == 0 or x == 1:
        return 1.0
    if y == 1:
        return x
    if x == 0:
        if y < 0:
            raise ZeroDivisionError
        return 0.0
    if y in (0.5, -0.5):
        return math.sqrt(x) if y > 0 else 1 / math.sqrt(x)
    fraction, integer = math.modf(abs(y))
    if fraction and x < 0:
        raise ValueError
    mantissa, exponent = 1.0, 0
    if fraction:
        if fraction > 0.5:
            fraction, integer = fraction - 1, integer + 1
        mantissa = math.exp(fraction * _logarithm(x))
    part, scale = math.frexp(x)
    times = int(integer)
    while times:
        if abs(scale) > 1 << 12:
            exponent += scale
            break
        if times & 1:
            mantissa *= part
            exponent += scale
        part *= part
        scale <<= 1
        if part < 0.5:
            part, scale = part + part, scale - 1
        times >>= 1
    return math.ldexp(1 / mantissa, -exponent) if y < 0 else math.ldexp(mantissa, exponent)


@define(REGISTRY, "max", variadic=Param("numbers", NUMBER), returns=NUMBER)
def max_(*numbers: Number) -> Value:
    """The greatest of `numbers`."""
    if not numbers:
        raise FunctionError("at least one number is needed")
    return max(numbers)


@define(REGISTRY, "min", variadic=Param("numbers", NUMBER), returns=NUMBER)
def min_(*numbers: Number) -> Value:
    """The least of `numbers`."""
    if not numbers:
        raise FunctionError("at least one number is needed")
    return min(numbers)


def _parseint_type(number: Value, base: Value) -> Type:
    if type_of_value(number) != STRING:
        raise FunctionError("a string is required", 0)
    return NUMBER


@define(REGISTRY, "parseint", Param("number", ANY), Param("base", NUMBER), returns=_parseint_type)
def parseint(number: Value, base: Number) -> Value:
    """The whole number that the string `number` writes in `base`, from 2 to 62."""
    _parseint_type(number, base)
    radix = whole(base, 1)
    if not 2 <= radix <= 62:
        raise FunctionError("the base must be a whole number from 2 to 62", 1)
    text = str(number)
    digits = text[1:] if text[:1] in ("+", "-") else text
    if radix <= 36:
        digits = digits.lower()
    result = 0
    for digit in digits:
        place = _DIGITS.find(digit)
        if not 0 <= place < radix:
            raise FunctionError(f'cannot parse "{text}" as a base {radix} number', 0)
        result = result * radix + place
    if not digits or result.bit_length() > 12000:
        raise FunctionError(f'cannot parse "{text[:40]}" as a base {radix} number', 0)
    return -result if text[0] == "-" else result


@define(REGISTRY, "sum", Param("list"), returns=NUMBER)
def sum_(list_: Value) -> Value:
    """The sum of the numbers in `list`, which must not be empty."""
    if not isinstance(list_, (ListValue, SetValue, TupleValue)):
        raise FunctionError("a list, set, or tuple of numbers is required", 0)
    if not list_.items:
        raise FunctionError("cannot sum an empty list", 0)
    if not is_wholly_known(list_):
        return Unknown(NUMBER, NOT_NULL)
    total: Number = 0
    for item in list_.items:
        if is_null(item):
            raise FunctionError("a list, set, or tuple of numbers is required", 0)
        try:
            number: Any = convert(item, NUMBER)
        except ConversionError as problem:
            raise FunctionError(f"a list, set, or tuple of numbers is required: {problem}", 0) from None
        total = arithmetic("+", total, number)
    return total
