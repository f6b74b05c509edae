"""Redaction by value: secrets found again wherever they stand, in texts and in values that nothing marks as sensitive.

What is looked for: strings of at least 8 characters anywhere, of 4 to 7 where they stand as a whole word; numbers of at
least 6 digits. Shorter ones, and words such as ``true``, are in too many places to be told from what only looks alike.
Finding takes time in proportion to the text, however many secrets there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.types import SetType
from kvmplan_sdk.values import Path, Typed, Value

HIDDEN = "(sensitive value)"
SHORTEST = 4
_ANYWHERE = 8
_DIGITS = 6
_TRIVIAL = frozenset({"true", "false", "null", "none"})


class Redaction:
    """``secrets``: what must not be shown; those that are too short to be looked for are left out. False when none is
    left.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._told = frozenset(filter(_is_telling, secrets))
        self._secrets = frozenset(spelling for secret in self._told for spelling in _spellings(secret))
        lengths: dict[str, set[int]] = {}
        for secret in self._secrets:
            lengths.setdefault(secret[:SHORTEST], set()).add(len(secret))
        self._lengths = {start: sorted(found, reverse=True) for start, found in lengths.items()}
        letters = ("".join(map(re.escape, sorted(set(column)))) for column in zip(*self._lengths, strict=True))
        self._start = re.compile(f"(?={''.join(f'[{column}]' for column in letters)})")

    def __bool__(self) -> bool:
        return bool(self._secrets)

    def with_more(self, secrets: Iterable[str]) -> Redaction:
        more = frozenset(filter(_is_telling, secrets)) - self._told
        return Redaction(self._told | more) if more else self

    def hides(self, text: str) -> bool:
        """Whether there is a secret in ``text``."""
        return any(True for _ in self._found(text))

    def text(self, text: str) -> str:
        """``text`` with its secrets replaced."""
        return self._replaced(text, lambda _secret: HIDDEN) if self._secrets else text

    def masked(self, text: str) -> str:
        """``text`` with its secrets painted over, so that everything keeps its place in bytes."""
        return self._replaced(text, lambda secret: "*" * len(secret.encode())) if self._secrets else text

    def paths(self, value: Value, at: Path = ()) -> Iterator[Path]:
        """Where in ``value`` secrets stand: leaves, maps with a secret as a key, sets that have one."""
        if isinstance(value, str):
            if self._secrets and self.hides(value):
                yield at
        elif isinstance(value, Mapping):
            if at and any(map(self.hides, value)):
                yield at
                return
            for name, item in value.items():
                yield from self.paths(item, (*at, name))
        elif isinstance(value, (list, tuple)):
            for index, item in enumerate(value):
                yield from self.paths(item, (*at, index))
        elif isinstance(value, Typed):
            if not isinstance(value.type, SetType):
                yield from self.paths(value.value, at)
            elif self.is_in(value.value):
                yield at
        elif value is not None and not isinstance(value, bool) and str(value) in self._secrets:
            yield at

    def is_in(self, value: Value) -> bool:
        """Whether a secret stands anywhere in ``value``."""
        return any(True for _ in self.paths(value))

    def diagnostics(self, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
        return [
            replace(
                one,
                summary=self.text(one.summary),
                detail=self.text(one.detail),
                values=tuple((name, self.text(said)) for name, said in one.values),
            )
            if self._secrets
            else one
            for one in diagnostics
        ]

    def _replaced(self, text: str, by: Callable[[str], str]) -> str:
        parts, at = [], 0
        for start, end in self._found(text):
            parts += [text[at:start], by(text[start:end])]
            at = end
        return "".join([*parts, text[at:]]) if parts else text

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """From where to where secrets stand, the longest one of those that begin at a place."""
        at = 0 if self._secrets else len(text) + 1
        while at <= len(text) and (found := self._start.search(text, at)) is not None:
            start = found.start()
            end = self._end(text, start)
            if end is not None:
                yield start, end
            at = end or start + 1

    def _end(self, text: str, start: int) -> int | None:
        for length in self._lengths.get(text[start : start + SHORTEST], ()):
            end = start + length
            if text[start:end] in self._secrets and (length >= _ANYWHERE or _is_word(text, start, end)):
                return end
        return None


def _is_telling(secret: str) -> bool:
    text = secret.strip()
    least = _DIGITS if text.isdecimal() else SHORTEST
    return len(text) >= least and text.lower() not in _TRIVIAL


def _spellings(secret: str) -> Iterator[str]:
    """As it stands, without space around it, and as it stands in JSON in a string."""
    text = secret.strip()
    yield text
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]


def _is_word(text: str, start: int, end: int) -> bool:
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


NOTHING = Redaction()
