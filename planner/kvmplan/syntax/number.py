"""Numbers as HCL has them: binary floating point with a mantissa of 512 bits, as in Go's ``big.Float``.

Whole numbers are ``int``. Others are ``Fraction`` whose denominator is a power of two. A ``float`` stands for a number
that a function computed with 53 bits; it prints with as many digits as it needs to be told from its neighbours.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

Number = int | float | Fraction

PRECISION = 512
MAX_EXPONENT = 4000
"""Decimal exponents beyond this are refused: nobody means them, and they cost memory in proportion."""

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?")


def parse_number(text: str) -> int | Fraction:
    """The number that ``text`` writes in decimal notation. Raises `ValueError`."""
    found = _NUMBER.fullmatch(text)
    if found is None or not (found[2] or found[3]) or (found[3] is None and "." in text):
        raise ValueError(f"{text!r} is not a number")
    sign, whole, part, exponent = found[1], found[2] or "", found[3] or "", int(found[4] or 0)
    if len(whole) + abs(exponent) > MAX_EXPONENT or len(part) > MAX_EXPONENT:
        raise ValueError(f"{text[:40]!r} is too large or too small a number")
    digits = int(whole + part or "0")
    scale = exponent - len(part)
    value = rounded(digits * 10**scale, 1) if scale >= 0 else rounded(digits, 10**-scale)
    return -value if sign == "-" else value


def rounded(numerator: int, denominator: int = 1, bits: int = PRECISION) -> int | Fraction:
    """The quotient rounded to ``bits`` significant bits, half to even. ``denominator`` is positive."""
    if numerator < 0:
        return -rounded(-numerator, denominator, bits)
    if denominator == 1 and numerator.bit_length() <= bits:
        return numerator
    shift = bits - (numerator.bit_length() - denominator.bit_length())
    mantissa, rest, divisor = _divide(numerator, denominator, shift)
    if mantissa.bit_length() > bits:
        shift -= mantissa.bit_length() - bits
        mantissa, rest, divisor = _divide(numerator, denominator, shift)
    if rest * 2 > divisor or (rest * 2 == divisor and mantissa & 1):
        mantissa += 1
    if shift <= 0:
        return mantissa << -shift
    value = Fraction(mantissa, 1 << shift)
    return value.numerator if value.denominator == 1 else value


def _divide(numerator: int, denominator: int, shift: int) -> tuple[int, int, int]:
    if shift >= 0:
        return (*divmod(numerator << shift, denominator), denominator)
    return (*divmod(numerator, denominator << -shift), denominator << -shift)


def normal(value: Fraction) -> int | Fraction:
    """``value`` rounded to the precision of numbers, as ``int`` where it is whole."""
    return rounded(value.numerator, value.denominator)


def from_float(value: float) -> Number:
    """A number computed with 53 bits. Raises `ValueError` for what is not finite."""
    if value != value or value in (float("inf"), float("-inf")):
        raise ValueError("the result is not a finite number")
    if value == 0:
        return value if str(value) == "-0.0" else 0
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


NEGATIVE_ZERO = -0.0
"""Floating point tells it from zero, and so prints do."""


def number_text(value: Number) -> str:
    """The shortest decimal notation, without exponent, that stands for ``value`` and no other number."""
    if isinstance(value, float):
        return _plain(Decimal(repr(value)))
    if isinstance(value, int) and (value.bit_length() <= PRECISION or _significant(value) > PRECISION):
        return str(value)
    if value < 0:
        return "-" + number_text(-value)
    return _shortest(Fraction(value))


def _significant(value: int) -> int:
    """Bits without the zeros at the end. Only what is read in one piece, as by ``parseint``, has more than fit."""
    return (value // (value & -value)).bit_length()


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _shortest(value: Fraction) -> str:
    """Digits of ``value`` as far as they are needed to tell it from its neighbours in 512 bits (Steele and White)."""
    exponent = value.numerator.bit_length() - value.denominator.bit_length() - PRECISION
    half = Fraction(2) ** exponent
    mantissa = value / half
    while mantissa.numerator.bit_length() > PRECISION + 1:
        half *= 2
        mantissa /= 2
    while mantissa.numerator.bit_length() < PRECISION + 1:
        half /= 2
        mantissa *= 2
    inclusive = mantissa.numerator & 2 == 0
    places = max(half.denominator.bit_length() - 1, 0)
    scale = 10**places
    middle, low, high = (str(Decimal(int((mantissa + d) * half * scale))) for d in (0, -1, 1))
    width = len(high)
    digits = _tell_apart(middle.zfill(width), low.zfill(width), high, inclusive)
    whole = digits[: width - places] if width > places else "0"
    part = "0" * (places - width) + digits[max(width - places, 0) :]
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + ("." + part if part else "")


def _tell_apart(middle: str, low: str, high: str, inclusive: bool) -> str:
    last_low, last_high = len(low.rstrip("0")), len(high.rstrip("0"))
    for at, digit in enumerate(middle):
        down = low[at] != digit or (inclusive and at + 1 >= last_low)
        up = digit != high[at] and (inclusive or int(digit) + 1 < int(high[at]) or at + 1 < last_high)
        rest = len(middle) - at - 1
        if down and up:
            head, tail = int(middle[: at + 1]), middle[at + 1 :]
            half = "5" + "0" * (rest - 1)
            if rest and (tail > half or (tail == half and head & 1)):
                head += 1
        elif down:
            head = int(middle[: at + 1])
        elif up:
            head = int(middle[: at + 1]) + 1
        else:
            continue
        return str(head).zfill(at + 1) + "0" * rest
    return middle
