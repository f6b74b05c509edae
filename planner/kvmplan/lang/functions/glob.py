"""File patterns as Go's doublestar has them, matched part by part: ``*``, ``?``, ``[a-z]``, ``[^a-z]``, ``{one,other}``
within a part of a path, and ``**`` as a whole part for any number of folders.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

_SPECIAL = frozenset("*?[{\\")


class GlobError(ValueError):
    """A pattern is malformed."""


def find(base: Path, pattern: str) -> Iterator[str]:
    """The files and folders below ``base`` that ``pattern`` fits, as paths from there. Raises `GlobError`.

    A malformed part goes unnoticed as long as nothing is compared with it.
    """
    return _find(base, "", pattern.split("/"))


def _find(base: Path, at: str, parts: list[str]) -> Iterator[str]:
    plain = next((index for index, part in enumerate(parts) if not _SPECIAL.isdisjoint(part)), len(parts))
    at = "/".join([at, *parts[:plain]]) if at else "/".join(parts[:plain])
    folder, parts = base / at, parts[plain:]
    if not parts:
        if folder.exists():
            yield at
        return
    entries = sorted(os.scandir(folder), key=lambda entry: entry.name) if folder.is_dir() else []
    if parts[0] == "**":
        for entry in entries:
            if len(parts) == 1:
                yield _join(at, entry.name)
            if entry.is_dir(follow_symlinks=False):
                yield from _find(base, _join(at, entry.name), parts)
        parts = parts[1:]
    for entry in entries if parts else []:
        if _matcher(parts[0]).fullmatch(entry.name):
            if len(parts) == 1:
                yield _join(at, entry.name)
            else:
                yield from _find(base, _join(at, entry.name), parts[1:])


def _join(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}" if folder else name


def _matcher(part: str) -> re.Pattern[str]:
    return re.compile(_translated(part), re.DOTALL)


def _translated(part: str) -> str:
    """One part of a pattern as a regular expression."""
    made, at = "", 0
    while at < len(part):
        character = part[at]
        at += 1
        if character == "*":
            # What is wrong after a star only fails to match.
            try:
                return f"{made}.*(?:{_translated(part[at:])})"
            except GlobError:
                return made + r".*(?!)"
        if character == "[":
            end = _closing(part, at, "]")
            made += _class(part[at:end])
            at = end + 1
        elif character == "{":
            end = _closing(part, at, "}")
            options = re.split(r"(?<!\\),", part[at:end])
            return f"{made}(?:{'|'.join(_translated(option + part[end + 1 :]) for option in options)})"
        elif character == "\\":
            if at >= len(part):
                raise GlobError("nothing is escaped at the end")
            made += re.escape(part[at])
            at += 1
        else:
            made += "." if character == "?" else re.escape(character)
    return made


def _closing(part: str, at: int, closer: str) -> int:
    found = re.compile(rf"(?<!\\)\{closer}").search(part, at)
    if found is None:
        raise GlobError(f"there is no closing {closer}")
    return found.start()


_RANGE = re.compile(r"(\\.|[^-\\])(?:-(\\.|[^-\\]))?", re.DOTALL)


def _class(inner: str) -> str:
    """A class of characters from what stands between its brackets."""
    negative = inner.startswith("^")
    made, at = "", int(negative)
    while at < len(inner):
        found = _RANGE.match(inner, at)
        if found is None or inner.startswith("-", found.end()):
            raise GlobError("a range in brackets is incomplete")
        low, high = found[1][-1], (found[2] or found[1])[-1]
        if low <= high:
            made += f"{re.escape(low)}-{re.escape(high)}"
        at = found.end()
    if not inner:
        raise GlobError("there is nothing in the brackets")
    if not made:
        return "." if negative else "(?!)"
    return f"[{'^' if negative else ''}{made}]"
