"""YAML, as much of it as configuration data needs: block and flow collections, every kind of scalar, anchors, merge
keys and the core tags. Decoding gives values of the language; encoding writes what Terraform's does, byte for byte.
"""

from __future__ import annotations

import re

from kvmplan.lang.functions.yaml_scanner import parse
from kvmplan.lang.values import ListValue, MapValue, ObjectValue, SetValue, TupleValue, Value, is_null
from kvmplan.syntax.number import number_text

_WIDTH = 80
_BREAK = re.compile("[\n\r\x85\u2028\u2029]")
_UNPRINTABLE = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_ESCAPES = {
    "\0": "0", "\a": "a", "\b": "b", "\t": "t", "\n": "n", "\v": "v", "\f": "f", "\r": "r", "\x1b": "e", '"': '"',
    "\\": "\\", "\x85": "N", "\u2028": "L", "\u2029": "P",
}  # fmt: skip


def decode(text: str) -> Value:
    """Raises `kvmplan.lang.functions.yaml_scalars.YAMLError`."""
    return parse(text)


def encode(value: Value) -> str:
    """A known value without marks as a YAML document."""
    text = _node(value, 0, "")
    plain = not isinstance(value, str) and not isinstance(
        value, (ListValue, SetValue, TupleValue, MapValue, ObjectValue)
    )
    return text.lstrip(" ") + "\n" + ("...\n" if plain else "")


def _node(value: Value, indent: int, lead: str) -> str:
    """``value`` as what follows ``lead`` (the text before it on its line); lines after the first are indented."""
    if isinstance(value, str):
        return lead + (" " if lead else "") + _text(value, indent, len(lead) + 1 if lead else 0)
    if isinstance(value, (MapValue, ObjectValue)):
        if not value.entries:
            return f"{lead} {{}}" if lead else "{}"
        return _mapping(value, indent, lead)
    if isinstance(value, (ListValue, SetValue, TupleValue)):
        if not value.items:
            return f"{lead} []" if lead else "[]"
        return _sequence(value, indent, lead)
    return f"{lead} {_plain(value)}" if lead else _plain(value)


def _plain(value: Value) -> str:
    if is_null(value):
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value)  # type: ignore[arg-type]


def _mapping(value: MapValue | ObjectValue, indent: int, lead: str) -> str:
    lines = []
    margin = " " * indent
    for key, item in value.sorted_items():
        if _BREAK.search(key) or len(key) > 120:
            lines.append(margin + _node(key, indent + 2, "?").replace("\n" + " " * indent, "\n" + margin))
            start = ":"
        else:
            start = f"{_double(key, 0, 0, folding=False)}:"
        inner = indent if isinstance(item, (ListValue, SetValue, TupleValue)) else indent + 2
        if isinstance(item, (MapValue, ObjectValue, ListValue, SetValue, TupleValue)) and len(item):
            lines.append(margin + start)
            lines.append(_node(item, inner, ""))
        else:
            lines.append(_node(item, indent + 2, margin + start))
    text = "\n".join(lines)
    return lead + " " + text.lstrip(" ") if lead else text


def _sequence(value: ListValue | SetValue | TupleValue, indent: int, lead: str) -> str:
    margin = " " * indent
    lines = [_node(item, indent + 2, margin + "-") for item in value.items]
    text = "\n".join(lines)
    return lead + " " + text.lstrip(" ") if lead else text


def _text(text: str, indent: int, column: int) -> str:
    if "\n" in text and not _UNPRINTABLE.search(text) and not text.endswith(" ") and " \n" not in text:
        return _literal(text, max(indent, 2))
    return _double(text, indent, column)


def _literal(text: str, indent: int) -> str:
    hint = "2" if text[0] in " \n" else ""
    chomp = "" if text.endswith("\n") else "-"
    if text == "\n" or text.endswith("\n\n"):
        chomp = "+"
    body = text.removesuffix("\n") if chomp != "-" else text
    lines = [" " * indent + line if line else "" for line in body.split("\n")]
    if not body:
        lines = [""]
    return "|" + hint + chomp + "\n" + "\n".join(lines)


def _double(text: str, indent: int, column: int, *, folding: bool = True) -> str:
    """Double-quoted, folded at blanks past column 80."""
    made = ['"']
    column += 1
    spaces = False
    for at, character in enumerate(text):
        if character in _ESCAPES or _UNPRINTABLE.match(character):
            part = _escaped(character)
            spaces = False
        elif character == " " and folding and not spaces and column > _WIDTH and 0 < at < len(text) - 1:
            part = "\n" + " " * max(indent, 2)
            made.append(part)
            column = max(indent, 2)
            if text[at + 1] == " ":
                made.append("\\")
                column += 1
            spaces = True
            continue
        else:
            part = character
            spaces = character == " "
        made.append(part)
        column += len(part)
    return "".join(made) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return "\\" + _ESCAPES[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
