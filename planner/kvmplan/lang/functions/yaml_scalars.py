"""What a YAML scalar stands for, by its tag or by how it looks."""

from __future__ import annotations

import re

from kvmplan.lang.values import Value, is_null, is_number
from kvmplan.syntax.number import parse_number
from kvmplan.syntax.templates import normalized

_TRUE = frozenset({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_FALSE = frozenset({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_INTEGER = re.compile(r"[-+]?[0-9]+")
_RADIX = re.compile(r"0o([0-7]+)|0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_DATE = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d*))?[ \t]*(Z|[-+]\d\d?(?::\d\d)?)?)?"
)


class YAMLError(ValueError):
    """Not YAML that is understood."""


def resolved_scalar(tag: str | None, text: str, *, plain: bool) -> Value:
    """What a scalar stands for, by its tag or by how it looks."""
    if tag is None or tag == "!!timestamp":
        return _resolved(text) if plain else normalized(text)
    name = (
        tag.removeprefix("!<tag:yaml.org,2002:").removesuffix(">") if tag.startswith("!<") else tag.removeprefix("!!")
    )
    if tag == "!" or name in ("str", "binary"):
        return normalized(text)
    if name in ("int", "float", "bool", "null"):
        value = _resolved(text) if plain else normalized(text)
        fits = {
            "int": is_number(value),
            "float": is_number(value),
            "bool": isinstance(value, bool),
            "null": is_null(value),
        }
        if plain and not fits[name]:
            raise YAMLError(f"cannot parse {text!r} as {name}")
        return value
    raise YAMLError(f"unsupported tag {tag!r}")


def _resolved(text: str) -> Value:
    if text in _NULL:
        return None
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    first = text[0]
    if first.isdigit() or first in "+-.":
        return _numeric(text)
    return normalized(text)


def _numeric(text: str) -> Value:
    if _INFINITE.fullmatch(text):
        raise YAMLError("floating point infinity and NaN are not supported")
    if found := _RADIX.fullmatch(text):
        return int(found[1], 8) if found[1] else int(found[2], 16)
    if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
        try:
            return parse_number(text.rstrip(".") if text[-1] == "." else text.replace(".e", "e").replace(".E", "E"))
        except ValueError:
            return normalized(text)
    if found := _DATE.fullmatch(text):
        return _timestamp(found) or text
    return text


def _timestamp(found: re.Match[str]) -> str | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        return None
    zone = found[8] or "Z"
    if zone != "Z":
        hours, _, minutes = zone[1:].partition(":")
        zone = f"{zone[0]}{int(hours):02d}:{minutes or '00'}"
        zone = "Z" if zone[1:] == "00:00" else zone
    return f"{year:04d}-{month:02d}-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}{zone}"
