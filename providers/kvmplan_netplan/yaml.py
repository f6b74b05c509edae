"""The little YAML that kvmplan's file is written in: block style, every string in double quotes.

Quotes matter: YAML 1.1 takes a bare 52:54:00:11:22:33 for a number and a bare ``no`` for false. `parse` reads what
`render` writes and nothing else, so that a file edited into any other form is seen to be edited.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def render(value: Mapping[str, Any], indent: int = 0) -> Iterator[str]:
    """The lines of a mapping of JSON's values. A key that begins with # is a comment."""
    pad = "  " * indent
    for key, item in value.items():
        if key.startswith("#"):
            yield f"{pad}# {_one_line(str(item))}"
        elif isinstance(item, Mapping) and item:
            yield f"{pad}{json.dumps(key)}:"
            yield from render(item, indent + 1)
        elif isinstance(item, list) and item:
            yield f"{pad}{json.dumps(key)}:"
            yield from _items(item, indent + 1)
        else:
            yield f"{pad}{json.dumps(key)}: {json.dumps(item)}"


def _items(items: Sequence[Any], indent: int) -> Iterator[str]:
    pad = "  " * indent
    for item in items:
        if isinstance(item, Mapping):
            first, *rest = render(item, indent + 1)
            yield f"{pad}- {first.lstrip()}"
            yield from rest
        else:
            yield f"{pad}- {json.dumps(item)}"


def parse(lines: Sequence[str]) -> dict[str, Any]:
    """The mapping that `render` wrote as ``lines``. Raises `ValueError` for anything else."""
    reader = _Reader(lines)
    result = reader.mapping(0)
    if reader.at != len(lines) or list(render(result)) != list(lines):
        raise ValueError("not as kvmplan writes it")
    return result


class _Reader:
    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)
        self.at = 0

    def mapping(self, indent: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while (line := self._line(indent)) is not None and not line.startswith("- "):
            self.at += 1
            if line.startswith("# "):
                result[f"#{len(result)}"] = line[2:].encode("ascii").decode("unicode_escape")
                continue
            name, rest = _key(line)
            result[name] = json.loads(rest) if rest else self._below(indent + 1)
        return result

    def _below(self, indent: int) -> Any:
        line = self._line(indent)
        return self._list(indent) if line is not None and line.startswith("- ") else self.mapping(indent)

    def _list(self, indent: int) -> list[Any]:
        items = []
        while (line := self._line(indent)) is not None and line.startswith("- "):
            if line.startswith('- "') and json.JSONDecoder().raw_decode(line[2:])[1] < len(line[2:]):
                self.lines[self.at] = "  " * (indent + 1) + line[2:]
                items.append(self.mapping(indent + 1))
            else:
                self.at += 1
                items.append(json.loads(line[2:]))
        return items

    def _line(self, indent: int) -> str | None:
        """The line at hand without its indentation, or None where it does not belong to this level."""
        if self.at >= len(self.lines):
            return None
        line, pad = self.lines[self.at], "  " * indent
        if not line.startswith(pad) or line.startswith(f"{pad} "):
            return None
        return line[len(pad) :]


def _key(line: str) -> tuple[str, str]:
    """A key, and what is on its line after the colon."""
    name, end = json.JSONDecoder().raw_decode(line)
    if not isinstance(name, str) or line[end : end + 1] != ":":
        raise ValueError(line)
    return name, line[end + 1 :]


def _one_line(text: str) -> str:
    return text.encode("unicode_escape").decode("ascii")
