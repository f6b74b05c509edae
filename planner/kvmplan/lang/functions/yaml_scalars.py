"""What a YAML scalar stands for, by its tag or by how it looks."""

from __future__ import annotations

import base64
import datetime as dt
import re

from kvmplan.lang.values import Value, is_number
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
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?(Z|[-+]\d\d:\d\d)| (\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?)?",
    re.ASCII,
)
CORE = "tag:yaml.org,2002:"
"""What the tags of YAML itself begin with."""


class YAMLError(ValueError):
    """Not YAML that is understood."""


def supported(tag: str) -> str:
    """The short name of a scalar's tag. Raises `YAMLError`."""
    name = tag.removeprefix(CORE)
    if name == tag or name not in ("str", "binary", "int", "float", "bool", "null", "timestamp"):
        raise YAMLError(f"unsupported tag {tag!r}")
    return name


def resolved_scalar(tag: str | None, text: str, *, plain: bool) -> Value:
    """What a scalar stands for, by its tag or by how it looks; ``plain``: it is not in quotes."""
    if tag is None:
        return _resolved(text) if plain else normalized(text)
    name = supported(tag)
    if name == "null":
        return None
    if name == "str" or (not plain and name != "binary"):
        return normalized(text)
    value = _resolved(text)
    fits = {
        "int": is_number(value),
        "float": is_number(value),
        "bool": isinstance(value, bool),
        "timestamp": _DATE.fullmatch(text) is not None,
        "binary": _is_base64(text),
    }
    if not fits[name]:
        raise YAMLError(f"cannot parse {text!r} as {name}")
    return normalized(text) if name == "binary" else value


def _is_base64(text: str) -> bool:
    try:
        return base64.b64decode(text.replace("\n", ""), validate=True) is not None
    except ValueError:
        return False


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
    year, month, day = (int(part) for part in found.groups()[:3])
    hour, minute, second = (int(a or b or 0) for a, b in zip(found.groups()[3:6], found.groups()[7:], strict=True))
    try:
        at = dt.datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    zone = found[7] or "Z"
    return at.isoformat() + ("Z" if zone[1:] == "00:00" else zone)
