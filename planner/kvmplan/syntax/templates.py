"""Templates: from the flat parts of a string or heredoc to an expression.

Here strip markers take effect, ``<<-`` takes the common indentation away, escapes are read, and ``%{if}`` and
``%{for}`` directives find their ends.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from kvmplan.syntax.nodes import Conditional, Expression, For, Literal, Template, TemplateFor, Wrapped
from kvmplan.syntax.source import Source, graphemes
from kvmplan.syntax.spaces import SPACES
from kvmplan_sdk.diagnostics import Diagnostic, error

_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[\s\S])|\$\$\{|%%\{")
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


@dataclass(slots=True)
class Text:
    """Literal text of a template, read."""

    value: str
    start: int
    end: int


@dataclass(slots=True)
class Insertion:
    """An interpolation (``word`` is empty) or a directive. ``left``, ``right``: it has strip markers there."""

    word: str
    start: int
    end: int
    left: bool
    right: bool
    expression: Expression | None = None
    names: tuple[str, ...] = ()


Part = Text | Insertion


def unescape(raw: str, offset: int, source: Source, problems: list[Diagnostic]) -> str:
    """The text that the inside of a quoted string stands for."""

    def replace(found: re.Match[str]) -> str:
        word = found.group()
        if word[0] != "\\":
            return word[1:]
        if word[1] in "uU" and len(word) > 2:
            code = int(word[2:], 16)
            if code < 0xD800 or 0xE000 <= code < 0x110000:
                return chr(code)
        elif word[1] in _SIMPLE:
            return _SIMPLE[word[1]]
        at = offset + found.start()
        problems.append(
            error(
                "Invalid escape sequence",
                f'The sequence {word} means nothing in a string. Write \\n, \\r, \\t, \\", \\uNNNN or \\UNNNNNNNN, '
                "and \\\\ for a backslash.",
                source=source.range(at, at + len(word)),
            )
        )
        return word[1:]

    return _ESCAPE.sub(replace, raw) if "\\" in raw or "{" in raw else raw


def plain(raw: str) -> str:
    """The text that literal text of a heredoc or a bare template stands for."""
    return raw.replace("$${", "${").replace("%%{", "%{") if "{" in raw else raw


def normalized(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def assemble(
    parts: Sequence[Part], source: Source, start: int, end: int, problems: list[Diagnostic], *, flush: bool = False
) -> Expression:
    """The expression that a template's ``parts`` make."""
    _strip(parts)
    if flush:
        _unindent(parts)
    if all(type(part) is Text for part in parts):
        return Literal(source, start, end, normalized("".join(part.value for part in parts)))  # type: ignore[union-attr]
    if len(parts) == 1 and isinstance(only := parts[0], Insertion) and not only.word:
        assert only.expression is not None
        return Wrapped(source, start, end, only.expression)
    return Template(source, start, end, _Assembly(parts, source, problems).run())


def _strip(parts: Sequence[Part]) -> None:
    for before, after in pairwise(parts):
        if isinstance(before, Insertion) and before.right and isinstance(after, Text):
            after.value = after.value.lstrip(SPACES)
        elif isinstance(after, Insertion) and after.left and isinstance(before, Text):
            before.value = before.value.rstrip(SPACES)


def _unindent(parts: Sequence[Part]) -> None:
    """Take away from each line as many blanks as the least indented one has."""
    least: int | None = None
    leading: list[Text] = []
    new_line = True
    for part in parts:
        if new_line:
            indentation: int | None = 0
            if isinstance(part, Text):
                blank = part.value[: len(part.value) - len(part.value.lstrip(SPACES))]
                if blank == part.value and part.value.endswith("\n"):
                    indentation = None
                else:
                    indentation = graphemes(blank)
                    leading.append(part)
            if indentation is not None and (least is None or indentation < least):
                least = indentation
        new_line = isinstance(part, Text) and part.value.endswith("\n")
    for part in leading:
        part.value = part.value[least or 0 :]


@dataclass(slots=True)
class _Frame:
    """A directive that is open. ``opener`` is None for the template itself."""

    opener: Insertion | None
    parts: list[Expression]
    before_else: list[Expression] | None = None


class _Assembly:
    """Pairs directives, with a stack instead of recursion."""

    def __init__(self, parts: Sequence[Part], source: Source, problems: list[Diagnostic]) -> None:
        self._parts, self._source, self._problems = parts, source, problems
        self._stack = [_Frame(None, [])]

    def run(self) -> tuple[Expression, ...]:
        for part in self._parts:
            if isinstance(part, Text):
                self._text(part)
            elif not part.word:
                assert part.expression is not None
                self._stack[-1].parts.append(part.expression)
            elif part.word in ("if", "for"):
                self._stack.append(_Frame(part, []))
            else:
                self._close(part)
        for frame in self._stack[1:]:
            assert frame.opener is not None
            word = frame.opener.word
            self._problem(frame.opener, f"Unclosed {word} directive", f"Close it with %{{ end{word} }}.")
        return tuple(self._stack[0].parts)

    def _text(self, part: Text) -> None:
        parts, value = self._stack[-1].parts, normalized(part.value)
        if parts and isinstance(last := parts[-1], Literal) and isinstance(last.value, str) and last.end == part.start:
            parts[-1] = Literal(self._source, last.start, part.end, normalized(last.value + value))
        else:
            parts.append(Literal(self._source, part.start, part.end, value))

    def _close(self, part: Insertion) -> None:
        frame = self._stack[-1]
        opener = frame.opener
        if (
            opener is None
            or part.word not in ("else", f"end{opener.word}")
            or (part.word == "else" and opener.word == "for")
        ):
            wanted = f"The {opener.word} directive before it is still open." if opener else "No directive is open here."
            self._problem(part, f"Unexpected {part.word} directive", wanted)
        elif part.word == "else":
            if frame.before_else is not None:
                self._problem(part, "Unexpected else directive", "This if directive already has an else. Remove one.")
            frame.before_else, frame.parts = frame.parts, []
        else:
            self._stack.pop()
            self._stack[-1].parts.append(self._closed(frame, opener, part))

    def _closed(self, frame: _Frame, opener: Insertion, closer: Insertion) -> Expression:
        source, start, end = self._source, opener.start, closer.end
        assert opener.expression is not None
        inner = Template(source, opener.end, closer.start, tuple(frame.parts))
        if opener.word == "for":
            key, name = opener.names if len(opener.names) == 2 else (None, opener.names[0])
            each = For(source, start, end, key, name, opener.expression, None, inner, None, False)
            return TemplateFor(source, start, end, each)
        if frame.before_else is None:
            yes, no = inner, Template(source, closer.start, closer.start, ())
        else:
            yes, no = Template(source, opener.end, closer.start, tuple(frame.before_else)), inner
        return Conditional(source, start, end, opener.expression, yes, no)

    def _problem(self, part: Insertion, summary: str, detail: str) -> None:
        self._problems.append(error(summary, detail, source=self._source.range(part.start, part.end)))
