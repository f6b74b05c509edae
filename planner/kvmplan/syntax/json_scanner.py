"""JSON text to a tree of values that know their places, after RFC 8259, as HCL's JSON syntax reads it.

The standard library's reader keeps no positions and rounds numbers. Properties may repeat: who reads an object knows
what that means. The first mistake ends the reading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from kvmplan.syntax.nodes import Expression, Node, Reading, tree_node
from kvmplan.syntax.number import parse_number
from kvmplan.syntax.source import Embedded, Source
from kvmplan_sdk.diagnostics import Diagnostic, error

MAX_NESTING = 100

_SPACE = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"')
_STRING_UP_TO = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_NUMBERLIKE = re.compile(r"[-+.0-9][-+.0-9A-Za-z]*")
_WORD = re.compile(r"\w+")
_ESCAPE = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u.{4}|\\.")
_SIMPLE = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_KEYWORDS = {"true": True, "false": False, "null": None}


@tree_node
class JsonValue(Node):
    """Any value. ``made``: the expressions that it was read as."""

    made: dict[Reading, Expression]


@tree_node
class JsonString(JsonValue):
    value: str

    def embedded(self) -> Source:
        """The string as a source, whose places are those in the file."""
        return Embedded(self.value, self.source, _starts(self.text, self.start))


@tree_node
class JsonScalar(JsonValue):
    value: bool | int | Fraction | None


@tree_node
class JsonArray(JsonValue):
    items: tuple[JsonValue, ...]


@tree_node
class JsonObject(JsonValue):
    properties: tuple[JsonProperty, ...]


@tree_node
class JsonProperty:
    name: JsonString
    value: JsonValue


def scan_json(source: Source) -> tuple[JsonValue | None, list[Diagnostic]]:
    """The value that ``source`` writes; None when there is a mistake."""
    scanner = _Scanner(source)
    try:
        return scanner.document(), []
    except _MistakeError as mistake:
        return None, [mistake.diagnostic]


class _MistakeError(Exception):
    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.summary)
        self.diagnostic = diagnostic


class _Scanner:
    def __init__(self, source: Source) -> None:
        self._source, self._text = source, source.text
        self._at = 0
        self._depth = 0

    def document(self) -> JsonValue:
        value = self._value()
        if self._peek():
            raise self._mistake(
                "Extra characters after the JSON value", "A JSON file holds one value: remove the rest."
            )
        return value

    def _mistake(self, summary: str, detail: str, start: int | None = None, end: int | None = None) -> _MistakeError:
        start = self._at if start is None else start
        end = min(start + 1, len(self._text)) if end is None else end
        return _MistakeError(error(summary, detail, source=self._source.range(start, end)))

    def _peek(self) -> str:
        """The next character that is no white space; empty at the end."""
        found = _SPACE.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        return self._text[self._at : self._at + 1]

    def _value(self) -> JsonValue:
        first = self._peek()
        if first == '"':
            return self._string()
        if first and first in "{[":
            return self._nested(first)
        if first and first in "-+.0123456789":
            return self._number()
        if first.isalpha() or first == "_":
            return self._keyword()
        if not first:
            raise self._mistake("Missing JSON value", "The file ends where a value must follow.")
        raise self._mistake(
            "Missing JSON value",
            "A JSON value begins here: an object, an array, a string in double quotes, a number, true, false or null.",
        )

    def _nested(self, opener: str) -> JsonValue:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise self._mistake("Nested too deeply", f"No more than {MAX_NESTING} arrays and objects can be nested.")
        value = self._object() if opener == "{" else self._array()
        self._depth -= 1
        return value

    def _object(self) -> JsonObject:
        start = self._at
        self._at += 1
        properties: list[JsonProperty] = []
        while self._peek() != "}":
            if self._peek() != '"':
                self._end_of_file(start, "}")
                raise self._mistake("Invalid property name", "The name of a property is a string in double quotes.")
            name = self._string()
            if self._peek() != ":":
                hint = " JSON has a colon there, no equals sign." if self._peek() == "=" else ""
                raise self._mistake(
                    "Missing colon", f'A colon and a value must follow the name of the property "{name.value}".{hint}'
                )
            self._at += 1
            properties.append(JsonProperty(name, self._value()))
            self._separator(start, "}")
        self._at += 1
        return JsonObject(self._source, start, self._at, {}, tuple(properties))

    def _array(self) -> JsonArray:
        start = self._at
        self._at += 1
        items: list[JsonValue] = []
        while self._peek() != "]":
            items.append(self._value())
            self._separator(start, "]")
        self._at += 1
        return JsonArray(self._source, start, self._at, {}, tuple(items))

    def _separator(self, start: int, closer: str) -> None:
        """A comma with more behind it, or what closes the object or array at ``start``."""
        found, what = self._peek(), "property" if closer == "}" else "item"
        if found == closer:
            return
        if found != ",":
            self._end_of_file(start, closer)
            raise self._mistake("Missing comma", f'A comma and the next {what}, or a closing "{closer}", must follow.')
        comma = self._at
        self._at += 1
        if self._peek() == closer:
            raise self._mistake("Trailing comma", f"JSON has no comma after the last {what}. Remove it.", comma)

    def _end_of_file(self, start: int, closer: str) -> None:
        if not self._peek():
            opener = self._text[start]
            detail = f'There is no "{closer}" for this "{opener}" before the end of the file.'
            raise self._mistake(f"Unclosed {opener}", detail, start)

    def _string(self) -> JsonString:
        start, text = self._at, self._text
        found = _STRING.match(text, start)
        if found is None:
            raise self._bad_string(start)
        self._at = found.end()
        raw = text[start + 1 : self._at - 1]
        return JsonString(self._source, start, self._at, {}, _ESCAPE.sub(_unescape, raw) if "\\" in raw else raw)

    def _bad_string(self, start: int) -> _MistakeError:
        found = _STRING_UP_TO.match(self._text, start)
        assert found is not None
        at = found.end()
        if self._text[at : at + 1] == "\\":
            detail = 'JSON has \\", \\\\, \\/, \\b, \\f, \\n, \\r, \\t and \\uNNNN, and no other escapes.'
            return self._mistake("Invalid escape in a JSON string", detail, at, min(at + 2, len(self._text)))
        if at < len(self._text) and self._text[at] not in "\r\n":
            detail = f"Write control characters as escapes: \\u{ord(self._text[at]):04x}."
            return self._mistake("Control character in a JSON string", detail, at)
        return self._mistake("Unclosed string", "A JSON string ends on its line, with a double quote.", start, at)

    def _number(self) -> JsonScalar:
        start = self._at
        word = _NUMBERLIKE.match(self._text, start)
        assert word is not None
        if _NUMBER.fullmatch(word[0]) is None:
            detail = f"{word[0][:40]} is not a JSON number, such as 10, -2.5 or 1e9. For text, write quotes."
            raise self._mistake("Invalid JSON number", detail, start, word.end())
        try:
            value = parse_number(word[0])
        except ValueError as problem:
            raise self._mistake("Invalid JSON number", f"{problem}.", start, word.end()) from None
        self._at = word.end()
        return JsonScalar(self._source, start, self._at, {}, value)

    def _keyword(self) -> JsonScalar:
        start = self._at
        word = _WORD.match(self._text, start)
        end = word.end() if word else start + 1
        name = self._text[start:end]
        if name not in _KEYWORDS:
            detail = f'"{name}" is none of true, false and null. Write strings, and expressions too, in double quotes.'
            raise self._mistake("Invalid JSON keyword", detail, start, end)
        self._at = end
        return JsonScalar(self._source, start, end, {}, _KEYWORDS[name])


def _unescape(found: re.Match[str]) -> str:
    word = found[0]
    if word[1] != "u":
        return _SIMPLE.get(word[1], word[1])
    if len(word) == 12:
        return chr(0x10000 + ((int(word[2:6], 16) - 0xD800) << 10) + int(word[8:], 16) - 0xDC00)
    code = int(word[2:], 16)
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


def _starts(raw: str, offset: int) -> Sequence[int]:
    """Where each character that a string means is written; ``raw`` with its quotes, at ``offset``."""
    if "\\" not in raw:
        return range(offset + 1, offset + len(raw))
    starts: list[int] = []
    at, end = 1, len(raw) - 1
    while at < end:
        starts.append(offset + at)
        found = _ESCAPE.match(raw, at)
        at = found.end() if found else at + 1
    return [*starts, offset + end]
