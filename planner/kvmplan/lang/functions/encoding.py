"""Functions that encode and decode: JSON, YAML, CSV, base64, URLs, character sets."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
from fractions import Fraction
from typing import Any, NoReturn
from urllib.parse import quote_plus

from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions import csv
from kvmplan.lang.functions.charsets import CODECS
from kvmplan.lang.functions.formatting import json_text
from kvmplan.lang.values import (
    UNREFINED,
    ListValue,
    MapValue,
    ObjectValue,
    Refinement,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    is_wholly_known,
    type_of_value,
)
from kvmplan.syntax.number import number_text, parse_number
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, SetType, TupleType, Type

REGISTRY: Registry = {}
_STR = Param("str", STRING)
_VAL = Param("val", null=True, unknown=True, dynamic=True)


# JSON


def encode_json(value: Value) -> str:
    """A known value without marks as JSON, compact, keys sorted."""
    if isinstance(value, str):
        return json_text(value)
    if value is True or value is False:
        return "true" if value else "false"
    if is_null(value):
        return "null"
    if isinstance(value, (ObjectValue, MapValue)):
        return "{" + ",".join(f"{json_text(k)}:{encode_json(v)}" for k, v in value.sorted_items()) + "}"
    if isinstance(value, (ListValue, SetValue, TupleValue)):
        return "[" + ",".join(map(encode_json, value.items)) + "]"
    assert isinstance(value, (int, float, Fraction))
    return number_text(value)


@define(REGISTRY, "jsonencode", _VAL, returns=STRING)
def jsonencode(value: Value) -> Value:
    """`val` as JSON."""
    if is_wholly_known(value):
        return normalized(encode_json(value))
    kind = type_of_value(value)
    prefix = ""
    if not isinstance(value, Unknown) or value.refinement.not_null:
        if isinstance(kind, (ObjectType, MapType)):
            prefix = "{"
        elif isinstance(kind, (TupleType, ListType, SetType)):
            prefix = "["
        elif kind == STRING:
            prefix = '"'
    return Unknown(STRING, Refinement(not_null=True, prefix=prefix))


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"invalid literal {word}")


def _number(text: str) -> Value:
    return parse_number(text)


def _from_json(data: Any) -> Value:
    if isinstance(data, str):
        return normalized(_SURROGATE.sub("\ufffd", data))
    if isinstance(data, dict):
        return ObjectValue({normalized(_SURROGATE.sub("\ufffd", key)): _from_json(item) for key, item in data.items()})
    if isinstance(data, list):
        return TupleValue(map(_from_json, data))
    value: Value = data
    return value


_SURROGATE = re.compile("[\ud800-\udfff]")
_JSON = json.JSONDecoder(parse_float=_number, parse_int=_number, parse_constant=_refuse)


def decode_json(text: str) -> Value:
    """Raises `ValueError` or `RecursionError`."""
    return _from_json(_JSON.decode(text))


_BEGINNINGS = {'"': STRING, "t": BOOL, "f": BOOL, "-": NUMBER, **dict.fromkeys("0123456789", NUMBER)}


def _decoded_type(text: Value) -> Type:
    """Of an unknown text, its known beginning tells whether it can be JSON at all, and perhaps of what type."""
    if isinstance(text, str):
        return type_of_value(jsondecode(text))
    known = text.refinement.prefix.lstrip(" \t\r\n") if isinstance(text, Unknown) else ""
    if known and known[0] not in _BEGINNINGS and known[0] not in "{[n":
        raise FunctionError("invalid JSON: it does not begin like a value", 0)
    return _BEGINNINGS.get(known[:1], ANY)


@define(REGISTRY, "jsondecode", _STR, returns=_decoded_type)
def jsondecode(text: str) -> Value:
    """The value that the JSON in `str` stands for."""
    try:
        return decode_json(text)
    except json.JSONDecodeError as problem:
        raise FunctionError(
            f"invalid JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}", 0
        ) from None
    except (ValueError, RecursionError) as problem:
        raise FunctionError(f"invalid JSON: {problem}", 0) from None


# YAML


@define(
    REGISTRY,
    "yamlencode",
    Param("value", null=True, unknown=True, dynamic=True, whole=True),
    returns=STRING,
    refine=UNREFINED,
)
def yamlencode(value: Value) -> Value:
    """`value` as YAML."""
    from kvmplan.lang.functions import yaml

    return normalized(yaml.encode(value))


def _yaml_type(text: Value) -> Type:
    return type_of_value(yamldecode(text)) if isinstance(text, str) else ANY


@define(REGISTRY, "yamldecode", Param("src", STRING), returns=_yaml_type)
def yamldecode(text: str) -> Value:
    """The value that the YAML in `src` stands for."""
    from kvmplan.lang.functions import yaml
    from kvmplan.lang.functions.yaml_scalars import YAMLError

    try:
        return yaml.decode(text)
    except YAMLError as problem:
        raise FunctionError(str(problem), 0) from None
    except RecursionError:
        raise FunctionError("nested too deeply", 0) from None


# CSV


def _csv_type(text: Value) -> Type:
    return type_of_value(csvdecode(text)) if isinstance(text, str) else ANY


@define(REGISTRY, "csvdecode", _STR, returns=_csv_type)
def csvdecode(text: str) -> Value:
    """The rows of the CSV in `str` as objects with the names of its first row."""
    try:
        rows = csv.read(text)
    except csv.CSVError as problem:
        raise FunctionError(str(problem), 0) from None
    if not rows:
        raise FunctionError("missing header line", 0)
    header = [normalized(name) for name in rows[0]]
    repeated = next((name for at, name in enumerate(header) if name in header[:at]), None)
    if repeated is not None:
        raise FunctionError(f'duplicate column name "{repeated}"', 0)
    made = [ObjectValue(dict(zip(header, map(normalized, row), strict=True))) for row in rows[1:]]
    return ListValue(ObjectType(dict.fromkeys(header, STRING)), made)


# Base64 and friends


def decode_base64(text: str, what: str = "base64 data") -> bytes:
    """The bytes, strictly decoded but for line breaks. Raises `FunctionError`."""
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except (binascii.Error, ValueError):
        raise FunctionError(f"failed to decode {what}: illegal base64", 0) from None


def utf8(data: bytes, argument: int = 0) -> str:
    try:
        return normalized(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise FunctionError("the result of decoding the provided string is not valid UTF-8", argument) from None


@define(REGISTRY, "base64encode", _STR, returns=STRING)
def base64encode(text: str) -> Value:
    """The UTF-8 of `str` in base64."""
    return base64.b64encode(text.encode()).decode()


@define(REGISTRY, "base64decode", _STR, returns=STRING)
def base64decode(text: str) -> Value:
    """The UTF-8 text that `str` encodes in base64."""
    return utf8(decode_base64(text))


@define(REGISTRY, "base64gzip", _STR, returns=STRING)
def base64gzip(text: str) -> Value:
    """The UTF-8 of `str`, compressed with gzip, in base64."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


@define(REGISTRY, "urlencode", _STR, returns=STRING)
def urlencode(text: str) -> Value:
    """`str` escaped for the query of a URL."""
    return quote_plus(text, safe="")


def _codec(name: str) -> str:
    found = CODECS.get(name.strip().lower())
    if found is None:
        raise FunctionError(f'"{name}" is not a supported IANA encoding name or alias', 1)
    return found


def _encoded(text: str, codec: str) -> bytes:
    return b"\xfe\xff" + text.encode("utf-16-be") if codec == "utf-16" else text.encode(codec)


def _decoded(data: bytes, codec: str) -> str:
    """Without a mark that tells the order of its bytes, UTF-16 is big-endian."""
    marked = data.startswith((b"\xfe\xff", b"\xff\xfe"))
    return data.decode("utf-16-be" if codec == "utf-16" and not marked else codec)


@define(REGISTRY, "textencodebase64", Param("string", STRING), Param("encoding", STRING), returns=STRING)
def textencodebase64(text: str, encoding: str) -> Value:
    """`string` in the character set `encoding` in base64."""
    codec = _codec(encoding)
    try:
        return base64.b64encode(_encoded(text, codec)).decode()
    except UnicodeEncodeError:
        raise FunctionError(
            f'the given string contains characters that cannot be represented in "{encoding}"', 0
        ) from None


@define(REGISTRY, "textdecodebase64", Param("source", STRING), Param("encoding", STRING), returns=STRING)
def textdecodebase64(text: str, encoding: str) -> Value:
    """The text that `source` encodes in the character set `encoding` and base64."""
    codec = _codec(encoding)
    try:
        return normalized(_decoded(decode_base64(text, "the given string"), codec))
    except UnicodeDecodeError:
        raise FunctionError(f'the given bytes are not text in "{encoding}"', 0) from None
