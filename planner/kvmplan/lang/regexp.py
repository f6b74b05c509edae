"""Regular expressions in RE2 syntax, as Go has them.

The pattern is read by RE2's rules and rewritten for the backtracking engine of the `regex` module; what RE2 does not
have (backreferences, lookaround, possessive and atomic groups) is refused, and a time limit stands for RE2's promise
of linear time. Alternatives are tried first to last, as in RE2.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

TIME_LIMIT = 5.0
"""Seconds after which a match is given up."""

_CLASSES = {"d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r\x20"}
_NEGATED = {"D": "[^0-9]", "W": "[^0-9A-Za-z_]", "S": r"[^\t\n\f\r\x20]"}
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t\x20", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": r"\x21-\x7e", "lower": "a-z", "print": r"\x20-\x7e", "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r\x20", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_WORD = r"[0-9A-Za-z_]"
_BOUNDARY = rf"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))"
_NO_BOUNDARY = rf"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))"
_REPEAT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}")
_GROUP = re.compile(r"\(\?P?<([A-Za-z0-9_]+)>")
_FLAGS = re.compile(r"\(\?([imsU]*)(?:-([imsU]+))?([:)])")


_CATEGORY = re.compile("Any|C[cfos]?|L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|S[ckmo]?|Z[lps]?")
_SCRIPT = re.compile(
    "[A-Z][a-z]{1,2}|[A-Z][a-z]{4,}|Ahom|Cham|Lisu|Modi|Thai|Toto|SignWriting|[A-Z][a-z]+(_[A-Z][a-z]*)+"
)
"""How Unicode's scripts are named in full; a name of four letters is nearly always short for one."""


class PatternError(ValueError):
    """Not a regular expression that RE2 takes."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """``compiled`` is a pattern of the `regex` module; ``names`` are those of its groups, the first one's first."""

    compiled: Any
    names: tuple[str | None, ...]


@lru_cache(maxsize=500)
def compile_pattern(pattern: str) -> Pattern:
    """What matches as RE2 would. Raises `PatternError`."""
    import regex  # type: ignore[import-untyped]

    translator = _Translator(pattern)
    try:
        return Pattern(regex.compile(translator.run(), regex.V1 | regex.MULTILINE), tuple(translator.names))
    except (regex.error, RecursionError, OverflowError) as problem:
        raise PatternError(str(problem)) from None


class _Translator:
    """Rewrites one pattern, keeping count of the flags that are on."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._flags: set[str] = set()
        self._stack: list[set[str]] = []
        self._made: list[str] = []
        self._repeatable = False
        self.names: list[str | None] = []

    def run(self) -> str:
        while self._at < len(self._text):
            self._one()
        if self._stack:
            raise PatternError("missing closing )")
        return "".join(self._made)

    def _emit(self, part: str, used: int, *, repeatable: bool = True) -> None:
        self._made.append(part)
        self._at += used
        self._repeatable = repeatable

    def _one(self) -> None:
        character = self._text[self._at]
        match character:
            case "\\":
                self._escape()
            case "[":
                self._class()
            case "(":
                self._open()
            case ")":
                if not self._stack:
                    raise PatternError("unexpected )")
                self._flags = self._stack.pop()
                self._emit(")", 1)
            case "|":
                self._emit("|", 1, repeatable=False)
            case "^":
                self._emit("^" if "m" in self._flags else r"\A", 1)
            case "$":
                self._emit("$" if "m" in self._flags else r"\Z", 1)
            case ".":
                self._emit(r"(?s:.)" if "s" in self._flags else r"[^\n]", 1)
            case "*" | "+" | "?":
                self._repeat(character)
            case "{" if found := _REPEAT.match(self._text, self._at):
                self._bounds(found)
            case _:
                self._emit(self._literal(character), 1)

    def _literal(self, character: str) -> str:
        return re.escape(character) if character.isascii() else character

    def _repeat(self, operator: str, used: int = 1) -> None:
        if not self._repeatable:
            raise PatternError(f"missing argument to repetition operator: {operator}")
        lazy = self._text[self._at + used : self._at + used + 1] == "?"
        used += lazy
        following = self._text[self._at + used : self._at + used + 1]
        if following in ("*", "+", "?") or _REPEAT.match(self._text, self._at + used):
            raise PatternError(f"invalid nested repetition operator: {operator}{following}")
        self._emit(operator + ("?" if lazy != ("U" in self._flags) else ""), used, repeatable=False)

    def _bounds(self, found: re.Match[str]) -> None:
        low, comma, high = int(found[1]), found[2], found[3]
        if low > 1000 or (high and (int(high) > 1000 or int(high) < low)):
            raise PatternError(f"invalid repeat count: {found.group()}")
        self._repeat(f"{{{low}{comma or ''}{high or ''}}}", len(found.group()))

    def _open(self) -> None:
        text, at = self._text, self._at
        if not text.startswith("(?", at):
            self._group(None, 1)
        elif found := _GROUP.match(text, at):
            self._group(found[1], len(found.group()))
        elif found := _FLAGS.match(text, at):
            self._set_flags(found)
        else:
            raise PatternError(f"invalid or unsupported Perl syntax: {text[at : at + 3]}")

    def _group(self, name: str | None, used: int) -> None:
        self.names.append(name)
        self._stack.append(set(self._flags))
        self._emit("(", used, repeatable=False)

    def _set_flags(self, found: re.Match[str]) -> None:
        before = set(self._flags)
        self._flags = (self._flags | set(found[1] or "")) - set(found[2] or "")
        on, off = "i" in self._flags, "i" in before
        switch = "" if on == off else ("i" if on else "-i")
        if found[3] == ":":
            self._stack.append(before)
            self._emit(f"(?{switch}:", len(found.group()), repeatable=False)
        else:
            self._emit(f"(?{switch})" if switch else "", len(found.group()), repeatable=False)

    def _escape(self) -> None:
        text, at = self._text, self._at
        following = text[at + 1 : at + 2]
        if following == "Q":
            end = text.find("\\E", at + 2)
            quoted = text[at + 2 : end if end >= 0 else len(text)]
            self._emit("".join(map(self._literal, quoted)), (end + 2 if end >= 0 else len(text)) - at)
        elif following in ("A", "z", "b", "B"):
            part = {"A": r"\A", "z": r"\Z", "b": _BOUNDARY, "B": _NO_BOUNDARY}[following]
            self._emit(part, 2)
        else:
            part, used, _ = self._atom(at)
            self._emit(part, used)

    def _atom(self, at: int, *, in_class: bool = False) -> tuple[str, int, bool]:
        """An escape that stands for characters: its rewriting, its length, and whether it is a class."""
        text = self._text
        following = text[at + 1 : at + 2]
        if following in _CLASSES:
            return (_CLASSES[following] if in_class else f"[{_CLASSES[following]}]"), 2, True
        if following in _NEGATED:
            return _NEGATED[following], 2, True
        if following in ("p", "P"):
            return self._property(at)
        if following == "x":
            if found := re.compile(r"\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})").match(text, at):
                code = int(found[1] or found[2], 16)
                if code <= 0x10FFFF:
                    return f"\\U{code:08x}", len(found.group()), False
            raise PatternError(f"invalid escape sequence: {text[at : at + 4]}")
        if following in ("a", "f", "t", "n", "r", "v"):
            return {"a": r"\x07"}.get(following, "\\" + following), 2, False
        if found := re.compile(r"\\(0[0-7]{0,2}|[1-7][0-7]{1,2})").match(text, at):
            return f"\\x{int(found[1], 8) & 255:02x}", len(found.group()), False
        if following and following.isascii() and not following.isalnum():
            return "\\" + following, 2, False
        raise PatternError(f"invalid escape sequence: \\{following}")

    def _property(self, at: int) -> tuple[str, int, bool]:
        found = re.compile(r"\\([pP])(?:\{(\^?)(\w+)\}|(\w))").match(self._text, at)
        if found is None:
            raise PatternError("invalid character class range: \\p")
        name = found[3] or found[4]
        if not _CATEGORY.fullmatch(name):
            if not _SCRIPT.fullmatch(name):
                raise PatternError(f"invalid character class range: {found.group()}")
            name = f"Script={name}"
        negative = (found[1] == "P") != bool(found[2])
        return f"\\{'P' if negative else 'p'}{{{name}}}", len(found.group()), True

    def _class(self) -> None:
        text, at = self._text, self._at + 1
        negative = text.startswith("^", at)
        at += negative
        made: list[str] = []
        first = True
        while first or not text.startswith("]", at):
            if at >= len(text):
                raise PatternError("missing closing ]")
            part, at = self._member(at)
            made.append(part)
            first = False
        inner = "".join(made)
        self._emit(f"[{'^' if negative else ''}{inner}]", at + 1 - self._at)

    def _member(self, at: int) -> tuple[str, int]:
        text = self._text
        if found := re.compile(r"\[:(\^?)(\w+):\]").match(text, at):
            if found[2] not in _POSIX:
                raise PatternError(f"invalid character class range: {found.group()}")
            inner = _POSIX[found[2]]
            return (f"[^{inner}]" if found[1] else inner), found.end()
        low, used, is_class = self._class_atom(at)
        at += used
        if is_class or not text.startswith("-", at) or text.startswith("-]", at):
            return low, at
        high, used, is_class = self._class_atom(at + 1)
        if is_class:
            raise PatternError("invalid character class range")
        return f"{low}-{high}", at + 1 + used

    def _class_atom(self, at: int) -> tuple[str, int, bool]:
        character = self._text[at : at + 1]
        if not character:
            raise PatternError("missing closing ]")
        if character == "\\":
            return self._atom(at, in_class=True)
        return (re.escape(character) if character.isascii() and not character.isalnum() else character), 1, False


_REFERENCE = re.compile(r"\$(?:\$|\{(\w+)\}|(\w+))")


def expand(template: str, found: Any, names: Sequence[str | None]) -> str:
    """``$1``, ``${1}`` and ``${name}`` in a replacement, by what was found; ``$$`` is ``$``, unknown groups empty."""

    def replace(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        if name.isascii() and name.isdigit() and (name[0] != "0" or name == "0"):
            return (found[int(name)] or "") if int(name) <= len(names) else ""
        return next((text for at, text in enumerate(found.groups()) if names[at] == name and text is not None), "")

    return _REFERENCE.sub(replace, template)
