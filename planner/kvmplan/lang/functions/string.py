"""Functions of strings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.numeric import whole
from kvmplan.lang.regexp import TIME_LIMIT, Pattern, PatternError, compile_pattern, expand
from kvmplan.lang.text import clusters
from kvmplan.lang.values import (
    NOT_NULL,
    UNREFINED,
    ListValue,
    Null,
    ObjectValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
)
from kvmplan.syntax.number import Number
from kvmplan.syntax.spaces import SPACES
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.types import ANY, BOOL, NUMBER, STRING, ListType, ObjectType, TupleType, Type

REGISTRY: Registry = {}
_STR = Param("str", STRING)
_TRAILING_NEWLINES = re.compile(r"(?:\r\n?|\n)*\Z")
_MANY_STRINGS = ListType(STRING)


@define(REGISTRY, "chomp", _STR, returns=STRING)
def chomp(text: str) -> Value:
    """`str` without the line breaks at its end."""
    return _TRAILING_NEWLINES.sub("", text, count=1)


@define(REGISTRY, "startswith", Param("str", STRING, unknown=True), Param("prefix", STRING), returns=BOOL)
def startswith(text: Value, prefix: str) -> Value:
    """Whether `str` begins with `prefix`."""
    if isinstance(text, Unknown):
        known = text.refinement.prefix
        if known.startswith(prefix):
            return True
        return False if len(known.encode()) >= len(prefix.encode()) else Unknown(BOOL, NOT_NULL)
    return str(text).startswith(prefix)


@define(REGISTRY, "endswith", _STR, Param("suffix", STRING), returns=BOOL)
def endswith(text: str, suffix: str) -> Value:
    """Whether `str` ends with `suffix`."""
    return text.endswith(suffix)


@define(REGISTRY, "strcontains", _STR, Param("substr", STRING), returns=BOOL, refine=UNREFINED)
def strcontains(text: str, part: str) -> Value:
    """Whether `substr` is somewhere in `str`."""
    return part in text


@define(REGISTRY, "indent", Param("spaces", NUMBER), _STR, returns=STRING)
def indent(spaces: Number, text: str) -> Value:
    """`str` with `spaces` blanks before every line but the first."""
    count = whole(spaces, 0)
    if not 0 <= count <= 10_000:
        raise FunctionError("the number of spaces must not be negative, nor above 10000", 0)
    return text.replace("\n", "\n" + " " * count)


@define(
    REGISTRY,
    "join",
    Param("separator", STRING),
    variadic=Param("lists", _MANY_STRINGS, whole=True),
    returns=STRING,
)
def join(separator: str, *lists: ListValue) -> Value:
    """The strings of all `lists` in one, with `separator` between them."""
    if not lists:
        raise FunctionError("at least one list is needed")
    parts: list[str] = []
    for at, listed in enumerate(lists):
        for index, item in enumerate(listed.items):
            if is_null(item):
                raise FunctionError(f"element {index} is null; cannot concatenate null values", at + 1)
            parts.append(str(item))
    return normalized(separator.join(parts))


@define(REGISTRY, "split", Param("separator", STRING), _STR, returns=_MANY_STRINGS)
def split(separator: str, text: str) -> Value:
    """The parts of `str` between occurrences of `separator`."""
    return ListValue(STRING, text.split(separator) if separator else list(text))


def _each(text: str, change: str) -> str:
    """Changes the case of one character after another, as Go does: none becomes two."""
    made = getattr(text, change)()
    if len(made) == len(text) and text.isascii():
        return str(made)
    return "".join(new if len(new := getattr(c, change)()) == 1 else {"İ": "i"}.get(c, c) for c in text)


@define(REGISTRY, "lower", _STR, returns=STRING)
def lower(text: str) -> Value:
    """`str` in lower case."""
    return normalized(_each(text, "lower"))


@define(REGISTRY, "upper", _STR, returns=STRING)
def upper(text: str) -> Value:
    """`str` in upper case."""
    return normalized(_each(text, "upper"))


@define(REGISTRY, "title", _STR, returns=STRING)
def title(text: str) -> Value:
    """`str` with the first letter of every word in upper case."""
    made, before = [], " "
    for character in text:
        made.append(_each(character, "title") if _separates(before) else character)
        before = character
    return normalized("".join(made))


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return character in SPACES


@define(REGISTRY, "strrev", _STR, returns=STRING)
def strrev(text: str) -> Value:
    """`str` with its characters in reverse order."""
    return normalized("".join(reversed(clusters(text))))


@define(REGISTRY, "substr", _STR, Param("offset", NUMBER), Param("length", NUMBER), returns=STRING)
def substr(text: str, offset: Number, length: Number) -> Value:
    """`length` characters of `str` from `offset` on; a negative offset counts from the end, -1 takes the rest."""
    start, count = whole(offset, 1), whole(length, 2)
    characters = clusters(text)
    if count == 0 and start >= 0:
        return ""
    if start < 0:
        start = max(start + len(characters), 0)
    # From the end, Terraform takes a length of 0 for the rest too.
    return "".join(characters[start:] if count <= 0 else characters[start : start + count])


@define(REGISTRY, "trim", _STR, Param("cutset", STRING), returns=STRING)
def trim(text: str, cutset: str) -> Value:
    """`str` without characters of `cutset` at its start and end."""
    return text.strip(cutset)


@define(REGISTRY, "trimprefix", _STR, Param("prefix", STRING), returns=STRING)
def trimprefix(text: str, prefix: str) -> Value:
    """`str` without `prefix`, if it begins with it."""
    return text.removeprefix(prefix)


@define(REGISTRY, "trimsuffix", _STR, Param("suffix", STRING), returns=STRING)
def trimsuffix(text: str, suffix: str) -> Value:
    """`str` without `suffix`, if it ends with it."""
    return text.removesuffix(suffix)


@define(REGISTRY, "trimspace", _STR, returns=STRING)
def trimspace(text: str) -> Value:
    """`str` without white space at its start and end."""
    return text.strip(SPACES)


# Regular expressions


def _compiled(pattern: str, argument: int = 0) -> Pattern:
    try:
        return compile_pattern(pattern)
    except PatternError as problem:
        raise FunctionError(f"invalid regular expression: {problem}", argument) from None


def _match_type(pattern: str) -> Type:
    names = _compiled(pattern).names
    if not names:
        return STRING
    named = [name for name in names if name is not None]
    if not named:
        return TupleType((STRING,) * len(names))
    if len(named) != len(names):
        raise FunctionError("either all or none of the groups in the pattern must be named", 0)
    return ObjectType(dict.fromkeys(named, STRING))


def _match(found: Any, names: Sequence[str | None]) -> Value:
    if not names:
        return normalized(found.group())
    groups = [Null(STRING) if text is None else normalized(text) for text in found.groups()]
    if None in names:
        return TupleValue(groups)
    return ObjectValue({str(name): text for name, text in zip(names, groups, strict=True)})


def _regex_type(pattern: Value, text: Value) -> Type:
    return ANY if not isinstance(pattern, str) else _match_type(pattern)


def _regexall_type(pattern: Value, text: Value) -> Type:
    return ListType(_regex_type(pattern, text))


@define(REGISTRY, "regex", Param("pattern", STRING), Param("string", STRING), returns=_regex_type)
def regex(pattern: str, text: str) -> Value:
    """The first match of `pattern` in `string`: the text, or the groups in a list or, if named, an object."""
    _match_type(pattern)
    compiled = _compiled(pattern)
    found = _timed(lambda: compiled.compiled.search(text, timeout=TIME_LIMIT))
    if found is None:
        raise FunctionError("pattern did not match any part of the given string", 0)
    return _match(found, compiled.names)


@define(REGISTRY, "regexall", Param("pattern", STRING), Param("string", STRING), returns=_regexall_type)
def regexall(pattern: str, text: str) -> Value:
    """Every match of `pattern` in `string`, each as `regex` gives it."""
    type_ = _match_type(pattern)
    compiled = _compiled(pattern)
    return ListValue(type_, [_match(found, compiled.names) for found in _all_matches(compiled, text)])


def _timed(run: Any) -> Any:
    try:
        return run()
    except TimeoutError:
        raise FunctionError("this pattern takes too long on this string; make it less ambiguous", 0) from None


def _all_matches(pattern: Pattern, text: str) -> list[Any]:
    """Successive matches as Go finds them: none is empty right after another."""
    made: list[Any] = []
    compiled = pattern.compiled
    at, end = 0, -1
    while at <= len(text) and (found := _timed(lambda: compiled.search(text, at, timeout=TIME_LIMIT))) is not None:  # noqa: B023
        empty = found.end() == at
        if not (empty and found.start() == end):
            made.append(found)
        at = at + 1 if empty else found.end()
        end = found.end()
    return made


@define(REGISTRY, "replace", _STR, Param("substr", STRING), Param("replace", STRING), returns=STRING)
def replace(text: str, part: str, by: str) -> Value:
    """`str` with every `substr` replaced; between slashes that is a regular expression, and `$1` its first group."""
    if len(part) > 1 and part[0] == part[-1] == "/":
        compiled = _compiled(part[1:-1], 1)
        made, at = [], 0
        for one in _all_matches(compiled, text):
            made += [text[at : one.start()], expand(by, one, compiled.names)]
            at = one.end()
        return normalized("".join([*made, text[at:]]))
    return normalized(text.replace(part, by))
