"""The body of a resource in a plan: its arguments, then its nested blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kvmplan.review.diff_text import ALWAYS_SHOWN, named_line
from kvmplan.review.differ import ABSENT, Node, Sign, align, differ
from kvmplan.review.style import Style

FORCES_REPLACEMENT = " # forces replacement"


def resource_body(change: Mapping[str, Any], blocks: Mapping[str, Any], style: Style) -> Iterator[str]:
    """The lines between the braces. ``change`` is the ``change`` of the plan representation."""
    yield from _body(
        change["before"] or {},
        change["after"] or {},
        change["after_unknown"] or {},
        change["before_sensitive"] or {},
        change["after_sensitive"] or {},
        blocks,
        [tuple(path) for path in change.get("replace_paths", [])],
        4,
        style,
        creating=change["before"] is None,
    )


def _body(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    unknown: Any,
    hidden_before: Any,
    hidden_after: Any,
    blocks: Mapping[str, Any],
    replacing: list[tuple[str | int, ...]],
    indent: int,
    style: Style,
    *,
    creating: bool,
) -> Iterator[str]:
    unknown, hidden_before, hidden_after = (_tree(tree) for tree in (unknown, hidden_before, hidden_after))
    nodes = {
        name: _attribute(name, before, after, unknown, hidden_before, hidden_after)
        for name in sorted({*before, *after, *unknown} - blocks.keys())
        if not (before.get(name) is None and after.get(name) is None and not unknown.get(name))
    }
    shown = {
        name: node for name, node in nodes.items() if node.sign is not Sign.NONE or name in ALWAYS_SHOWN or creating
    }
    width = max(map(len, shown), default=0)
    for name, node in shown.items():
        forces = any(path[0] == name for path in replacing)
        yield from named_line(
            name, node, indent + 2, width, style, suffix=FORCES_REPLACEMENT if forces else "", top=True
        )
    hidden = len(nodes) - len(shown)
    if hidden:
        yield f"{' ' * (indent + 4)}# ({hidden} unchanged attribute{'' if hidden == 1 else 's'} hidden)"
    yield from _blocks(
        before,
        after,
        unknown,
        hidden_before,
        hidden_after,
        blocks,
        replacing,
        indent,
        style,
        after_attributes=bool(nodes),
    )


def _tree(tree: Any) -> dict[str, Any]:
    return tree if isinstance(tree, dict) else {}


def _attribute(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], unknown: Any, hidden_before: Any, hidden_after: Any
) -> Node:
    pending = unknown.get(name, False)
    return differ(
        ABSENT if before.get(name) is None else before[name],
        ABSENT if after.get(name) is None and pending is not True else after.get(name),
        pending,
        hidden_before.get(name, False),
        hidden_after.get(name, False),
    )


def _blocks(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    unknown: dict[str, Any],
    hidden_before: dict[str, Any],
    hidden_after: dict[str, Any],
    blocks: Mapping[str, Any],
    replacing: list[tuple[str | int, ...]],
    indent: int,
    style: Style,
    *,
    after_attributes: bool,
) -> Iterator[str]:
    unchanged = 0
    separated = after_attributes
    for name in sorted(blocks):
        old, new = _as_list(before.get(name)), _as_list(after.get(name))
        inner = blocks[name]["blocks"]
        for left, right in align(old, new):
            one_before = None if left is None else old[left]
            one_after = None if right is None else new[right]
            if one_before == one_after:
                unchanged += 1
                continue
            sign = "+" if one_before is None else "-" if one_after is None else "~"
            forces = any(path[0] == name for path in replacing)
            if separated:
                yield ""
            separated = True
            yield f"{' ' * (indent + 2)}{style.sign(sign)} {name} {{{FORCES_REPLACEMENT if forces else ''}"
            yield from _body(
                one_before or {},
                one_after or {},
                _item(unknown.get(name), right),
                _item(hidden_before.get(name), left),
                _item(hidden_after.get(name), right),
                inner,
                [],
                indent + 4,
                style,
                creating=one_before is None,
            )
            yield f"{' ' * (indent + 4)}}}"
    if unchanged:
        yield ""
        yield f"{' ' * (indent + 4)}# ({unchanged} unchanged block{'' if unchanged == 1 else 's'} hidden)"


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _item(tree: Any, position: int | None) -> Any:
    if isinstance(tree, list) and position is not None:
        return tree[position] if position < len(tree) else {}
    return tree if isinstance(tree, dict) else {}
