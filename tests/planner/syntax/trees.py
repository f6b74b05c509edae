"""Trees as plain values, to compare: every node's class, place and content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from kvmplan.syntax import Body, Node, ObjectItem, Step


def flat(body: Body) -> list[Any]:
    """The nodes of a tree, parents first; what holds others tells how many."""
    found: list[Any] = []
    waiting: list[Any] = [body]
    while waiting:
        value = waiting.pop()
        if isinstance(value, (Node, ObjectItem, Step)):
            found.append(type(value))
            if isinstance(value, Node):
                found += (value.range, value.text)
            waiting += (getattr(value, field.name) for field in reversed(fields(value)) if field.name != "source")
        elif isinstance(value, (tuple, dict)):
            found.append((type(value), len(value)))
            waiting += reversed(list(_inside(value)))
        else:
            found.append((type(value), value))
    return found


def _inside(value: tuple[Any, ...] | dict[str, Any]) -> Iterator[Any]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from (name, inner)
    else:
        yield from value
