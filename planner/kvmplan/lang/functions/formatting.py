"""``format`` and ``formatlist``: Go's verbs as cty has them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

from kvmplan.lang.convert import ConversionError, convert
from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.elements import is_uncertain, items_of
from kvmplan.lang.text import clusters, safe_prefix
from kvmplan.lang.values import (
    NOT_NULL,
    ListValue,
    Refinement,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    is_number,
    is_wholly_known,
    type_of_value,
)
from kvmplan.syntax.number import Number, number_text
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.types import BOOL, NUMBER, STRING, ListType, SetType, TupleType

REGISTRY: Registry = {}
_VERB = re.compile(r"%([ #+0-]*)(\d+)?(?:\.(\d*))?(?:\[(\d+)\])?([a-zA-Z])?")
_MAX_WIDTH = 10_000


@dataclass(frozen=True, slots=True)
class _Verb:
    raw: str
    flags: str
    argument: int
    width: int | None
    precision: int | None
    mode: str
    at: int


def _verbs(text: str) -> tuple[list[str | _Verb], int]:
    """The pieces of a format, and how many arguments it uses."""
    pieces: list[str | _Verb] = []
    at, following, highest = 0, 1, 0
    while (start := text.find("%", at)) >= 0:
        pieces.append(text[at:start])
        found = _VERB.match(text, start)
        assert found is not None
        at = found.end()
        if found.group() == "%" and text.startswith("%", at):
            pieces.append("%")
            at += 1
            continue
        flags, width, precision, index, mode = found.groups()
        if mode is None:
            bad = text[found.end() : found.end() + 1]
            what = f"unrecognized format character {bad!r}" if bad else "unexpected end of format string"
            raise FunctionError(f"{what} at offset {found.end()}", 0)
        if index:
            following = int(index)
            if following < 1:
                raise FunctionError("argument indices count from 1", 0)
        if int(width or 0) > _MAX_WIDTH or int(precision or 0) > _MAX_WIDTH:
            raise FunctionError("the width or precision is too large", 0)
        digits = None if precision is None else int(precision or 0)
        pieces.append(_Verb(found.group(), flags, following - 1, int(width) if width else None, digits, mode, start))
        highest = max(highest, following)
        following += 1
    pieces.append(text[at:])
    return pieces, highest


def _formatted(verb: _Verb, arguments: Sequence[Value]) -> str:
    if verb.argument >= len(arguments):
        raise FunctionError(
            f'not enough arguments for "{verb.raw}" at {verb.at}: number {verb.argument + 1} of {len(arguments)}',
            0,
        )
    value = arguments[verb.argument]
    if verb.mode == "v":
        return _padded(_as_is(verb, value), verb)
    wanted = {"t": BOOL, "s": STRING, "q": STRING}.get(verb.mode, NUMBER if verb.mode in "bdoxXeEfgG" else None)
    if wanted is None:
        raise FunctionError(f'unsupported format verb "{verb.mode}" in "{verb.raw}" at offset {verb.at}', 0)
    if is_null(value):
        raise FunctionError(f'unsupported value for "{verb.raw}" at {verb.at}: null value cannot be formatted', 0)
    try:
        value = convert(value, wanted)
    except ConversionError as problem:
        raise FunctionError(f'unsupported value for "{verb.raw}" at {verb.at}: {problem}', 0) from None
    if wanted == NUMBER:
        return _number(verb, value)  # type: ignore[arg-type]
    if wanted == BOOL:
        return "true" if value else "false"
    text = str(value)
    if verb.precision:
        text = "".join(clusters(text)[: verb.precision])
    return _padded(json_text(text) if verb.mode == "q" else text, verb)


def json_text(text: str) -> str:
    """``text`` as a JSON string, escaped as Go does it for HTML's sake."""
    made = json.dumps(text, ensure_ascii=False)
    if not made.isascii() or any(c in made for c in "<>&\x7f"):
        for character in "<>&\u2028\u2029":
            made = made.replace(character, f"\\u{ord(character):04x}")
    return made


def _as_is(verb: _Verb, value: Value) -> str:
    if "#" not in verb.flags:
        if isinstance(value, str):
            return value
        if is_number(value):
            return _general(value, None, "g")  # type: ignore[arg-type]
    from kvmplan.lang.functions.encoding import encode_json

    return encode_json(value)


def _padded(text: str, verb: _Verb) -> str:
    missing = (verb.width or 0) - len(clusters(text))
    if missing <= 0:
        return text
    padding = ("0" if "0" in verb.flags else " ") * missing
    return text + padding if "-" in verb.flags else padding + text


def _number(verb: _Verb, value: Number) -> str:
    negative = number_text(value)[0] == "-"
    if verb.mode in "bdoxX":
        negative = bool(value < 0)
        if not isinstance(value, int) and Fraction(value).denominator != 1:
            raise FunctionError(f'unsupported value for "{verb.raw}" at {verb.at}: an integer is required', 0)
        digits = _integer(abs(int(value)), verb)
    else:
        digits = _floating(-value if negative else value, verb)
    sign = "-" if negative else "+" if "+" in verb.flags else " " if " " in verb.flags else ""
    missing = (verb.width or 0) - len(sign) - len(digits)
    if missing > 0:
        # To Go, - takes the 0 away from whole numbers, but not from others.
        if "0" in verb.flags and (verb.mode not in "bdoxX" or (verb.precision is None and "-" not in verb.flags)):
            return sign + "0" * missing + digits
        if "-" in verb.flags:
            return sign + digits + " " * missing
        return " " * missing + sign + digits
    return sign + digits


def _integer(value: int, verb: _Verb) -> str:
    text = {"b": "b", "d": "d", "o": "o", "x": "x", "X": "X"}[verb.mode]
    digits = format(value, text)
    if verb.precision is not None:
        digits = digits.rjust(verb.precision, "0") if value or verb.precision else ""
    if "#" in verb.flags:
        digits = {"b": "0b", "o": "0", "x": "0x", "X": "0X"}.get(verb.mode, "") + digits
    return digits


def _floating(value: Number, verb: _Verb) -> str:
    mode = verb.mode
    if mode in "gG":
        return _general(value, verb.precision, mode)
    precision = 6 if verb.precision is None else verb.precision
    if mode == "f":
        return _fixed(value, precision)
    return _scientific(value, precision, mode)


def _decimal(value: Number) -> Decimal:
    """The exact value."""
    fraction = Fraction(value)
    with_digits = Context(prec=5000)
    return with_digits.divide(Decimal(fraction.numerator), Decimal(fraction.denominator))


def _fixed(value: Number, precision: int) -> str:
    exact = _decimal(value)
    context = Context(prec=20_000, rounding=ROUND_HALF_EVEN)
    return format(exact.quantize(Decimal(1).scaleb(-precision), context=context), "f")


def _scientific(value: Number, precision: int, mode: str) -> str:
    if value == 0:
        digits, exponent = "0" * (precision + 1), 0
    else:
        rounded = Context(prec=precision + 1, rounding=ROUND_HALF_EVEN).plus(_decimal(value))
        digits = "".join(map(str, rounded.as_tuple().digits)).ljust(precision + 1, "0")
        exponent = rounded.adjusted()
    return _with_exponent(digits, exponent, mode)


def _with_exponent(digits: str, exponent: int, mode: str) -> str:
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return f"{digits[0]}{tail}{mode}{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _general(number: Number, precision: int | None, mode: str) -> str:
    """Go's ``%g``: plain for exponents from -4 up to the precision (6 when as many digits as needed are printed)."""
    text = number_text(number)
    sign = "-" if text[0] == "-" else ""
    value: Number = -number if number < 0 else number
    if precision is None:
        exact = Decimal(text.removeprefix("-"))
        limit = 6
    else:
        exact = Context(prec=max(precision, 1), rounding=ROUND_HALF_EVEN).plus(_decimal(value))
        limit = max(precision, 1)
    if not exact:
        return sign + "0"
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    exponent = exact.adjusted()
    if exponent < -4 or exponent >= limit:
        return sign + _with_exponent(digits, exponent, "e" if mode == "g" else "E")
    plain = format(exact, "f")
    return sign + (plain.rstrip("0").rstrip(".") if "." in plain else plain)


_ARGS = Param("args", null=True, unknown=True, marked=False)


@define(REGISTRY, "format", Param("format", STRING), variadic=_ARGS, returns=STRING)
def format_(template: str, *arguments: Value) -> Value:
    """`format` with its verbs (`%s`, `%d`, `%v`, ...) replaced by `args`."""
    if not all(map(is_wholly_known, arguments)):
        return Unknown(STRING, Refinement(not_null=True, prefix=safe_prefix(template.partition("%")[0])))
    return _text(template, arguments)


def _text(template: str, arguments: Sequence[Value]) -> str:
    pieces, used = _verbs(template)
    made = "".join(piece if isinstance(piece, str) else _formatted(piece, arguments) for piece in pieces)
    if used < len(arguments):
        raise FunctionError(f"too many arguments; only {used} used by format string", used + 1)
    return normalized(made)


@define(REGISTRY, "formatlist", Param("format", STRING), variadic=_ARGS, returns=ListType(STRING))
def formatlist(template: str, *arguments: Value) -> Value:
    """`format` applied once for each element of the lists among `args`, which must be equally long."""
    if not arguments:
        return ListValue(STRING, [_text(template, ())])
    length, certain = _length(arguments)
    if not certain:
        return Unknown(ListType(STRING), NOT_NULL)
    rows = ([_row(argument, row) for argument in arguments] for row in range(1 if length is None else length))
    return ListValue(STRING, [format_(template, *row) for row in rows])


def _length(arguments: Sequence[Value]) -> tuple[int | None, bool]:
    """How long the lists among ``arguments`` are, and whether that and their elements are certain."""
    length, certain = None, True
    for at, argument in enumerate(arguments, 1):
        kind = type_of_value(argument)
        if not isinstance(kind, (ListType, SetType, TupleType)) or is_null(argument):
            continue
        if isinstance(argument, Unknown) or is_uncertain(argument):
            certain = False
            if not isinstance(kind, TupleType):
                continue
        count = len(kind.elements) if isinstance(kind, TupleType) else len(items_of(argument))
        if length is not None and count != length:
            raise FunctionError(f"argument {at} has length {count}, which is inconsistent with length {length}", at)
        length = count
    return length, certain


def _row(argument: Value, row: int) -> Value:
    return argument.items[row] if isinstance(argument, (ListValue, SetValue, TupleValue)) else argument
