"""The YAML reader: a recursive descent over the text, one method per production that configuration data needs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kvmplan.lang.convert import convert
from kvmplan.lang.functions.yaml_scalars import CORE, YAMLError, resolved_scalar, supported
from kvmplan.lang.values import ObjectValue, TupleValue, Value, is_number
from kvmplan.syntax.number import number_text
from kvmplan_sdk.types import STRING

_NAME = re.compile(r"[&*]([0-9A-Za-z_-]+)(?=[\s?:,\]}%@`]|\Z)")
_TAG = re.compile(r"!<([^>\s]*)>|(!(?:[0-9A-Za-z_-]*!)?)([^\s,\[\]{}]*)")
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ufffd\U00010000-\U0010ffff]")
_SIMPLE = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b",
    " ": " ", '"': '"', "'": "'", "\\": "\\", "N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_HEX = {"x": 2, "u": 4, "U": 8}
_INDICATORS = frozenset("-?:,[]{}#&*!|>'\"%@`")
_FLOW = frozenset(",[]{}")
MAX_NODES = 1_000_000
"""Nodes, aliases counted anew each time, after which a document is refused: it is built to explode."""


def parse(text: str) -> Value:
    """The value of a document. Raises `YAMLError`."""
    if _UNREADABLE.search(text):
        raise YAMLError("control characters are not allowed")
    return _Reader(re.sub("\r\n|[\r\x85]", "\n", text.removeprefix("\ufeff"))).document()


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._anchors: dict[str, tuple[Value, int]] = {}
        self._handles = {"!": "!", "!!": CORE}
        self._nodes = 0

    # The text at hand

    def _error(self, message: str) -> YAMLError:
        line = self._text.count("\n", 0, self._at) + 1
        return YAMLError(f"on line {line}, column {self._column() + 1}: {message}")

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._text[at] if at < len(self._text) else ""

    def _column(self) -> int:
        return self._at - (self._text.rfind("\n", 0, self._at) + 1)

    def _blank_at(self, at: int) -> bool:
        return at >= len(self._text) or self._text[at] in " \t\n"

    def _skip_blanks(self) -> None:
        while self._peek() in (" ", "\t") and self._peek():
            self._at += 1

    def _skip_lines(self) -> bool:
        """Past blanks, comments and line ends; whether a line ended."""
        crossed = False
        while True:
            start = self._at
            self._skip_blanks()
            if self._peek() == "#" and (self._at == 0 or self._text[self._at - 1] in " \t\n"):
                end = self._text.find("\n", self._at)
                self._at = len(self._text) if end < 0 else end
            if self._peek() != "\n":
                if "\t" in self._text[start : self._at] and (crossed or start == 0) and self._peek():
                    before = self._text[self._text.rfind("\n", 0, self._at) + 1 : self._at]
                    if "\t" in before and not before.strip() and self._peek() not in _FLOW:
                        raise self._error("found character that cannot start any token: a tab indents nothing")
                return crossed
            self._at += 1
            crossed = True

    def _marker(self, word: str) -> bool:
        return self._column() == 0 and self._text.startswith(word, self._at) and self._blank_at(self._at + 3)

    # Documents

    def document(self) -> Value:
        self._skip_lines()
        directives = self._directives()
        explicit = self._marker("---")
        if explicit:
            self._at += 3
        elif directives or self._marker("..."):
            raise self._error("did not find expected <document start>")
        elif not self._peek():
            raise YAMLError("the document is empty")
        value = self._block(-1, in_sequence_ok=explicit)
        self._skip_lines()
        if self._marker("..."):
            self._at += 3
            self._skip_lines()
        if self._peek():
            raise self._error("unexpected extra content after value")
        return value

    def _directives(self) -> list[list[str]]:
        found: list[list[str]] = []
        while self._peek() == "%" and self._column() == 0:
            words = self._rest_of_line().partition(" #")[0].split()
            if words[0] == "%TAG" and len(words) == 3:
                self._handles[words[1]] = words[2]
            elif words[0] != "%YAML" or words in found or words[1:] != ["1.1"]:
                raise self._error("a directive that is not known, or not a second time")
            found.append(words)
            self._skip_lines()
        return found

    def _rest_of_line(self) -> str:
        start, end = self._at, self._text.find("\n", self._at)
        self._at = len(self._text) if end < 0 else end
        return self._text[start : self._at]

    # Blocks

    def _block(self, parent: int, *, in_sequence_ok: bool = False) -> Value:
        """The node that begins here or on a following line, indented more than ``parent``."""
        crossed = self._skip_lines()
        column = self._column()
        if not self._peek() or self._marker("---") or self._marker("..."):
            return None
        dash = self._peek() == "-" and self._blank_at(self._at + 1)
        if crossed and column <= parent and not (in_sequence_ok and dash and column == parent):
            return None
        anchor, tag, moved = self._properties()
        if (moved and anchor is not None) or tag is not None:
            value = self._tagged_block(parent, tag, in_sequence_ok)
        elif dash:
            if not crossed and in_sequence_ok:
                raise self._error("block sequence entries are not allowed in this context")
            value = self._sequence(column)
        else:
            value = self._content(parent, column, mapping=crossed or not in_sequence_ok)
        if anchor is not None:
            self._anchors[anchor] = (value, _size(value))
        return value

    def _tagged_block(self, parent: int, tag: str | None, in_sequence_ok: bool) -> Value:
        crossed = self._skip_lines()
        column = self._column()
        dash = self._peek() == "-" and self._blank_at(self._at + 1)
        outside = column < parent or (column == parent and not (dash and in_sequence_ok))
        if (crossed and outside) or not self._peek():
            return resolved_scalar(tag, "", plain=True)
        if dash:
            return self._as_tagged(self._sequence(column), tag)
        value = self._content(parent, column, mapping=crossed or parent < 0, tag=tag)
        return self._as_tagged(value, tag) if crossed else value

    def _as_tagged(self, value: Value, tag: str | None) -> Value:
        """A collection, which can have but its own tag."""
        fits = "seq" if isinstance(value, TupleValue) else "map" if isinstance(value, ObjectValue) else None
        if tag is not None and fits is not None and tag != CORE + fits:
            raise self._error(f"a value of this kind is no {tag}")
        return value

    def _properties(self) -> tuple[str | None, str | None, bool]:
        anchor = tag = None
        moved = False
        while (self._peek() == "&" and anchor is None) or (self._peek() == "!" and tag is None):
            if self._peek() == "&":
                anchor = self._name()
            else:
                tag = self._tag()
            self._skip_blanks()
            moved = True
        return anchor, tag, moved

    def _name(self) -> str:
        """What follows ``&`` or ``*``."""
        found = _NAME.match(self._text, self._at)
        if found is None:
            raise self._error("did not find expected alphabetic or numeric character")
        self._at = found.end()
        return found[1]

    def _tag(self) -> str:
        """A tag in full."""
        found = _TAG.match(self._text, self._at)
        assert found is not None
        self._at = found.end()
        if found[1] is not None:
            return found[1]
        if found[2] not in self._handles:
            raise self._error("found undefined tag handle")
        return self._handles[found[2]] + found[3]

    def _sequence(self, column: int) -> Value:
        items: list[Value] = []
        while self._peek() == "-" and self._blank_at(self._at + 1) and self._column() == column:
            self._at += 1
            items.append(self._entry(column))
            self._skip_lines()
            if self._marker("---") or self._marker("..."):
                break
        if self._peek() and self._column() > column and not self._marker("---"):
            raise self._error("did not find expected '-' indicator")
        return TupleValue(items)

    def _entry(self, column: int) -> Value:
        value = self._block(column)
        self._count(1)
        return value

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise YAMLError("document contains excessive aliasing")

    def _content(self, parent: int, column: int, *, mapping: bool, tag: str | None = None) -> Value:
        """A scalar, a flow collection, or a mapping that begins with one as its key."""
        if self._peek() in ("|", ">"):
            # Terraform reads a block as it reads plain text, but takes what it finds for a string.
            value = resolved_scalar(tag, self._block_scalar(parent), plain=True)
            return convert(value, STRING) if tag is None else value
        start = self._at
        if (self._peek() == "?" and self._blank_at(self._at + 1)) or self._is_key():
            if not mapping:
                raise self._error("mapping values are not allowed in this context")
            if tag is not None and tag != CORE + "map":
                supported(tag)
            self._at = start
            return self._mapping(column)
        self._at = start
        value = self._flow_node(parent, flow=False, tag=tag)
        self._end_of_line()
        return value

    def _end_of_line(self) -> None:
        self._skip_blanks()
        if self._peek() and self._peek() not in "\n#":
            raise self._error("did not find expected end of line")

    def _is_key(self) -> bool:
        """Whether a node on this line is followed by a colon. Leaves the position anywhere."""
        line = self._text.count("\n", 0, self._at)
        if self._peek() in ("&", "!"):
            self._properties()
        try:
            if self._peek() in ("[", "{", '"', "'"):
                nodes = self._nodes
                self._flow_node(-1, flow=False)
                self._nodes = nodes
            elif self._peek() == "*":
                self._name()
            elif not self._plain_start():
                return self._peek() == ":" and self._blank_at(self._at + 1)
            else:
                self._plain_line(flow=False)
        except YAMLError:
            return False
        if self._text.count("\n", 0, self._at) != line:
            return False
        self._skip_blanks()
        return self._peek() == ":" and self._blank_at(self._at + 1)

    def _mapping(self, column: int) -> Value:
        entries: dict[str, Value] = {}
        while self._peek() and self._column() == column and not (self._marker("---") or self._marker("...")):
            self._enter(entries, *self._pair(column))
            self._skip_lines()
        if self._peek() and self._column() > column:
            raise self._error("did not find expected key")
        return ObjectValue(entries)

    def _enter(self, entries: dict[str, Value], key: str, value: Value) -> None:
        """Of equal keys the last counts, be it merged or not."""
        if key != "<<":
            entries[key] = value
        elif isinstance(value, ObjectValue):
            entries.update(value.entries)
        else:
            raise self._error("only a mapping can be merged into a mapping")
        self._count(1)

    def _pair(self, column: int) -> tuple[str, Value]:
        if self._peek() == "?" and self._blank_at(self._at + 1):
            self._at += 1
            key_value = self._block(column)
            self._skip_lines()
            key = self._key(key_value)
            if self._peek() == ":" and self._column() == column and self._blank_at(self._at + 1):
                self._at += 1
                return key, self._block(column, in_sequence_ok=True)
            return key, None
        start = self._at
        if not self._is_key():
            self._at = start
            raise self._error("could not find expected ':'")
        self._at = start
        key = self._key(self._flow_node(-1, flow=False, key=True))
        self._skip_blanks()
        self._at += 1
        return key, self._block(column, in_sequence_ok=True)

    def _key(self, value: Value) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, bool):
            return "true" if value else "false"
        if is_number(value):
            return number_text(value)  # type: ignore[arg-type]
        raise self._error("mapping keys must be strings")

    def _block_scalar(self, parent: int) -> str:
        literal = self._peek() == "|"
        found = re.compile(r"[|>](?:([-+])([1-9])?|([1-9])([-+])?)?").match(self._text, self._at)
        assert found is not None
        chomp, given = found[1] or found[4], found[2] or found[3]
        self._at = found.end()
        self._end_of_line()
        self._rest_of_line()
        self._at += 1
        lines = self._block_lines(max(parent, 0), int(given) if given else None, parent)
        trailing = 0
        while lines and not lines[-1]:
            lines.pop()
            trailing += 1
        text = "\n".join(lines) if literal else _folded(lines)
        if chomp == "-" or (not lines and chomp != "+"):
            return text
        ended = trailing or self._text[: self._at + 1].endswith("\n")
        return text + ("\n" if lines and ended else "") + ("\n" * trailing if chomp == "+" else "")

    def _block_lines(self, base: int, given: int | None, parent: int) -> list[str]:
        indent = base + given if given else None
        lines: list[str] = []
        before = 0
        while self._at < len(self._text):
            end = self._text.find("\n", self._at)
            end = len(self._text) if end < 0 else end
            line = self._text[self._at : end]
            blank = line.strip(" ") == ""
            margin = len(line) - len(line.lstrip(" "))
            if indent is None and not blank:
                if margin <= parent:
                    break
                if margin < before:
                    raise self._error("the lines before are indented more")
                indent = margin
            before = max(before, margin)
            if not blank and margin < (indent or 0):
                break
            if line.startswith(("---", "...")) and self._blank_at(self._at + 3):
                break
            lines.append(line[indent:] if indent is not None and margin >= indent else "")
            self._at = min(end + 1, len(self._text))
        if self._at >= len(self._text) and self._text.endswith("\n"):
            self._at = len(self._text)
        else:
            self._at = max(self._at - 1, 0) if self._at < len(self._text) else self._at
        return lines

    # Flow

    def _flow_node(self, parent: int, *, flow: bool, tag: str | None = None, key: bool = False) -> Value:
        anchor, own_tag, _ = self._properties()
        tag = own_tag or tag
        value = self._flow_content(parent, flow, tag, key)
        if anchor is not None:
            self._anchors[anchor] = (value, _size(value))
        return value

    def _flow_content(self, parent: int, flow: bool, tag: str | None, key: bool) -> Value:
        character = self._peek()
        if character == "*":
            return self._alias()
        if character == '"':
            return resolved_scalar(tag, self._double(), plain=False)
        if character == "'":
            return resolved_scalar(tag, self._single(), plain=False)
        if character == "[":
            return self._as_tagged(self._flow_sequence(), tag)
        if character == "{":
            return self._as_tagged(self._flow_mapping(), tag)
        if not self._plain_start():
            if not character or character in _FLOW or character == "\n" or (character == ":" and (flow or key)):
                return resolved_scalar(tag, "", plain=True)
            raise self._error(f"found character that cannot start any token: {character}")
        text = self._plain_line(flow=flow) if key else self._plain(parent, flow=flow)
        return resolved_scalar(tag, text, plain=True)

    def _alias(self) -> Value:
        name = self._name()
        if name not in self._anchors:
            raise self._error(f"reference to undefined anchor {name!r}")
        value, size = self._anchors[name]
        self._count(size)
        return value

    def _flow_sequence(self) -> Value:
        self._at += 1
        items: list[Value] = []
        while True:
            self._skip_lines()
            if self._peek() == "]":
                self._at += 1
                return TupleValue(items)
            if self._peek() == ",":
                raise self._error("did not find expected node content")
            pair = self._explicit_key()
            item = self._flow_node(-1, flow=True)
            self._skip_lines()
            if pair or self._peek() == ":":
                self._at += self._peek() == ":"
                self._skip_lines()
                item = ObjectValue({self._key(item): self._flow_node(-1, flow=True)})
                self._skip_lines()
            items.append(item)
            self._count(1)
            self._separator("]")

    def _explicit_key(self) -> bool:
        if self._peek() != "?" or not self._blank_at(self._at + 1):
            return False
        self._at += 1
        self._skip_lines()
        return True

    def _separator(self, closer: str) -> None:
        if self._peek() == ",":
            self._at += 1
        elif self._peek() != closer:
            raise self._error(f"did not find expected ',' or '{closer}'")

    def _flow_mapping(self) -> Value:
        self._at += 1
        entries: dict[str, Value] = {}
        while True:
            self._skip_lines()
            if self._peek() == "}":
                self._at += 1
                return ObjectValue(entries)
            self._explicit_key()
            key = self._key(self._flow_node(-1, flow=True))
            self._skip_lines()
            value: Value = None
            if self._peek() == ":":
                self._at += 1
                self._skip_lines()
                value = self._flow_node(-1, flow=True)
                self._skip_lines()
            self._enter(entries, key, value)
            self._separator("}")

    # Scalars

    def _plain_start(self) -> bool:
        character = self._peek()
        if not character or character in " \t\n":
            return False
        if character in "-?:":
            following = self._peek(1)
            return bool(following) and following not in " \t\n"
        return character not in _INDICATORS

    def _plain_line(self, *, flow: bool) -> str:
        """Plain text up to the end of its line."""
        start = at = self._at
        text = self._text
        while at < len(text) and text[at] != "\n":
            character = text[at]
            if character == ":" and (self._blank_at(at + 1) or (flow and text[at + 1] in _FLOW)):
                break
            if character == "#" and at > start and text[at - 1] in " \t":
                break
            if flow and character in _FLOW:
                break
            at += 1
        self._at = at
        return text[start:at].rstrip(" \t")

    def _plain(self, parent: int, *, flow: bool) -> str:
        """Plain text over as many lines as are indented more than ``parent``."""
        made = self._plain_line(flow=flow)
        while True:
            start = self._at
            self._skip_blanks()
            if self._peek() != "\n":
                self._at = start
                return made
            breaks = 0
            while self._peek() == "\n":
                self._at += 1
                breaks += 1
                self._skip_blanks()
            ended = not self._peek() or self._peek() == "#" or self._marker("---") or self._marker("...")
            if ended or (not flow and self._column() <= parent) or (flow and self._peek() in _FLOW):
                self._at = start
                return made
            if flow and self._peek() == ":" and self._blank_at(self._at + 1):
                self._at = start
                return made
            following = self._plain_line(flow=flow)
            if not flow and self._peek() == ":":
                raise self._error("mapping values are not allowed in this context")
            made += ("\n" * (breaks - 1) or " ") + following

    def _single(self) -> str:
        self._at += 1
        made = []
        while True:
            end = self._text.find("'", self._at)
            if end < 0:
                raise self._error("found unexpected end of stream in a quoted scalar")
            made.append(self._text[self._at : end])
            self._at = end + 1
            if self._peek() != "'":
                return _folded_flow("".join(made))
            made.append("'")
            self._at += 1

    def _double(self) -> str:
        self._at += 1
        made: list[str] = []
        while True:
            character = self._peek()
            if not character:
                raise self._error("found unexpected end of stream in a quoted scalar")
            self._at += 1
            if character == '"':
                return "".join(made)
            if character == "\\":
                made.append(self._escape())
            elif character == "\n":
                self._fold_into(made)
            else:
                made.append(character)

    def _fold_into(self, made: list[str]) -> None:
        while made and made[-1] in (" ", "\t"):
            made.pop()
        breaks = 1
        self._skip_blanks()
        while self._peek() == "\n":
            self._at += 1
            breaks += 1
            self._skip_blanks()
        made.append("\n" * (breaks - 1) or " ")

    def _escape(self) -> str:
        character = self._peek()
        self._at += 1
        if character == "\n":
            self._skip_blanks()
            return ""
        if character in _SIMPLE:
            return _SIMPLE[character]
        if character in _HEX:
            digits = self._text[self._at : self._at + _HEX[character]]
            if re.fullmatch(rf"[0-9a-fA-F]{{{_HEX[character]}}}", digits):
                code = int(digits, 16)
                if code < 0x110000 and not 0xD800 <= code < 0xE000:
                    self._at += len(digits)
                    return chr(code)
        raise self._error("found unknown escape character")


def _size(value: Value) -> int:
    if isinstance(value, (TupleValue, ObjectValue)):
        return 1 + sum(map(_size, value.parts()))
    return 1


def _folded(lines: Iterable[str]) -> str:
    """A folded block scalar: single line ends between lines of text become blanks."""
    made = ""
    previous: str | None = None
    pending = 0
    for line in lines:
        if not line:
            pending += 1
            continue
        if previous is None:
            made = "\n" * pending
        elif line[0] in " \t" or previous[0] in " \t":
            made += "\n" * (pending + 1)
        else:
            made += "\n" * pending or " "
        made += line
        previous, pending = line, 0
    return made


def _folded_flow(text: str) -> str:
    return re.sub(r"[ \t]*\n[ \t\n]*", lambda found: "\n" * (found.group().count("\n") - 1) or " ", text)
