"""A difference as text, in the form Terraform's users read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from kvmplan.review.differ import (
    ABSENT,
    JSON,
    Absent,
    Encoded,
    Entries,
    Hidden,
    Items,
    Leaf,
    Node,
    Pending,
    Sign,
    Text,
    Turned,
)
from kvmplan.review.style import PLAIN, Style

ALWAYS_SHOWN = frozenset({"id", "name", "tags"})
_IDENTIFIER = re.compile(r"[^\W\d][\w-]*")


def named_line(
    name: str,
    node: Node,
    indent: int,
    width: int,
    style: Style = PLAIN,
    *,
    suffix: str = "",
    top: bool = False,
    whole: bool = False,
) -> Iterator[str]:
    """The lines of ``name = ...``, signs in the column ``indent``; ``width`` aligns the equals signs.

    ``top``: the attribute itself belongs to what is diffed, so that a value that goes is shown as `` -> null``;
    ``whole``: nothing that is unchanged is hidden, as in what people know an object by.
    """
    lines = list(value_lines(node, indent + 2, style, whole=whole or name in ALWAYS_SHOWN))
    prefix = f"{' ' * indent}{style.sign(node.sign.value)} {name.ljust(width)} = "
    if top and node.sign is Sign.DELETE:
        lines[-1] += " -> null"
    if isinstance(node, Hidden) and node.before is not node.after:
        said = "is sensitive, and is not shown" if node.after else "is not sensitive any more, and is shown"
        yield f"{' ' * indent}# Warning: once this is applied, the value {said}"
    lines[0 if isinstance(node, (Items, Entries, Encoded, Text)) else -1] += suffix
    yield prefix + lines[0]
    yield from lines[1:]


def value_lines(node: Node, indent: int, style: Style, *, whole: bool = False) -> Iterator[str]:
    """The lines of a value: the first to follow what stands before it; ``indent`` is the column of closing brackets."""
    match node:
        case Leaf():
            yield _leaf(node)
        case Hidden():
            yield "(sensitive value)"
        case Text():
            yield from _text(node, indent, style)
        case Pending():
            yield from _pending(node, indent, style)
        case Turned():
            before, after = (list(value_lines(part, indent, style)) for part in (node.before, node.after))
            yield from before[:-1]
            yield f"{before[-1]} -> {after[0]}"
            yield from after[1:]
        case Items():
            yield "["
            yield from _items(node, indent, style, whole=whole)
            yield f"{' ' * indent}]"
        case Entries():
            yield "{"
            yield from entry_lines(node.entries, indent, style, plain=node.sign is Sign.NONE, whole=whole)
            yield f"{' ' * indent}}}"
        case Encoded():
            yield from _encoded(node, indent, style)


def _leaf(node: Leaf) -> str:
    match node.sign:
        case Sign.CREATE:
            return scalar(node.after)
        case Sign.UPDATE:
            return f"{scalar(node.before)} -> {scalar(node.after)}"
        case _:
            return scalar(node.before)


def scalar(value: JSON | Absent) -> str:
    """A primitive, null, or an empty collection as written in configuration."""
    if value is None or value is ABSENT:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, (int, float)) else ("[]" if isinstance(value, list) else "{}")


def _pending(node: Pending, indent: int, style: Style) -> Iterator[str]:
    if node.before is None:
        yield "(known after apply)"
        return
    lines = list(value_lines(node.before, indent, style))
    yield from lines[:-1]
    yield f"{lines[-1]} -> (known after apply)"


def _text(node: Text, indent: int, style: Style) -> Iterator[str]:
    yield "<<-EOT"
    for sign, line in node.lines:
        yield f"{' ' * (indent + 2)}{style.sign(sign.value)} {line}"
    yield f"{' ' * indent}EOT"


def _encoded(node: Encoded, indent: int, style: Style) -> Iterator[str]:
    content = node.content
    lines = list(value_lines(content, indent + 4, style))
    sign = content.sign.value if content.sign is Sign.UPDATE else " "
    yield "jsonencode("
    yield f"{' ' * (indent + 2)}{style.sign(sign)} {lines[0]}"
    yield from lines[1:]
    yield f"{' ' * indent})"


def _items(node: Items, indent: int, style: Style, *, whole: bool) -> Iterator[str]:
    shown = set(range(len(node.items))) if whole else _with_neighbours(node)
    hidden = 0
    for position, item in enumerate(node.items):
        if position not in shown:
            hidden += 1
            continue
        if hidden and not node.is_set:
            yield _unchanged(hidden, "element", indent + 4)
            hidden = 0
        lines = list(value_lines(item, indent + 4, style, whole=whole))
        sign = " " if isinstance(item, Leaf) and item.sign is Sign.NONE else item.sign.value
        lines[-1] += ","
        yield f"{' ' * (indent + 2)}{style.sign(sign)} {lines[0]}"
        yield from lines[1:]
    if hidden:
        yield _unchanged(hidden, "element", indent + 4)


def _with_neighbours(node: Items) -> set[int]:
    """The positions to show: what changes and, where there is an order, one unchanged neighbour on either side."""
    if node.sign is Sign.NONE:
        return set(range(len(node.items)))
    changed = {position for position, item in enumerate(node.items) if item.sign is not Sign.NONE}
    if node.is_set:
        return changed
    return changed | {position + step for position in changed for step in (-1, 1)}


def entry_lines(
    entries: Mapping[str, Node], indent: int, style: Style, *, plain: bool = False, whole: bool = False
) -> Iterator[str]:
    """The lines of a map's or an object's entries; unchanged ones are counted, unless all are (``plain``) or nothing
    is to be hidden (``whole``).
    """
    shown = {
        name: node
        for name, node in entries.items()
        if plain or whole or node.sign is not Sign.NONE or name in ALWAYS_SHOWN
    }
    names = {name: name if _IDENTIFIER.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in entries}
    width = max(map(len, names.values()), default=0)
    for name, node in shown.items():
        yield from named_line(names[name], node, indent + 2, width, style, whole=whole)
    hidden = len(entries) - len(shown)
    if hidden:
        yield _unchanged(hidden, "attribute", indent + 4)


def _unchanged(count: int, what: str, indent: int) -> str:
    return f"{' ' * indent}# ({count} unchanged {what}{'' if count == 1 else 's'} hidden)"
