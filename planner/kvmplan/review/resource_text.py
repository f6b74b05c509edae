"""The body of a resource in a plan: its arguments, then its nested blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kvmplan.review.diff_text import ALWAYS_SHOWN, named_line
from kvmplan.review.differ import ABSENT, Node, Sign, align, differ, members
from kvmplan.review.style import Style
from kvmplan.review.value_trees import says_something

FORCES_REPLACEMENT = " # forces replacement"
_NO_SHAPE: Mapping[str, Any] = {"blocks": {}, "sets": []}


def shape_of(change: Mapping[str, Any], shapes: Mapping[str, Any]) -> Mapping[str, Any]:
    """What ``kvmplan_shapes`` says of the type of a resource change; data sources stand there as ``data.TYPE``."""
    prefix = "data." if change["mode"] == "data" else ""
    found: Mapping[str, Any] = shapes.get(f"{prefix}{change['type']}", _NO_SHAPE)
    return found


@dataclass(frozen=True, slots=True)
class _Sides:
    """An object before and after, with what is unknown and hidden of it as trees; ``creating``: there was none;
    ``whole``: what is unchanged is shown too.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    unknown: Mapping[str, Any]
    hidden_before: Mapping[str, Any]
    hidden_after: Mapping[str, Any]
    creating: bool
    whole: bool

    def has(self, name: str) -> bool:
        values = (self.before.get(name), self.after.get(name))
        return values != (None, None) or bool(self.unknown.get(name))


def resource_body(change: Mapping[str, Any], shape: Mapping[str, Any], style: Style) -> Iterator[str]:
    """The lines between the braces. ``change`` is the ``change`` of the plan representation, ``shape`` what it says
    of the type under ``kvmplan_shapes``.
    """
    stays = change["actions"] == ["forget"]
    sides = _Sides(
        change["before"] or {},
        (change["before"] if stays else change["after"]) or {},
        _tree(change["after_unknown"]),
        _tree(change["before_sensitive"]),
        _tree(change["before_sensitive" if stays else "after_sensitive"]),
        creating=change["before"] is None,
        whole=change["actions"] == ["no-op"] and "importing" in change,
    )
    yield from _body(sides, shape, frozenset(path[0] for path in change.get("replace_paths", [])), 4, style)


def _body(
    sides: _Sides, shape: Mapping[str, Any], replacing: frozenset[str], indent: int, style: Style
) -> Iterator[str]:
    """``replacing``: the names whose change makes a new object."""
    nodes = {
        name: _attribute(name, sides, is_set=name in shape["sets"])
        for name in sorted({*sides.before, *sides.after, *sides.unknown} - shape["blocks"].keys())
        if sides.has(name)
    }
    shown = {
        name: node
        for name, node in nodes.items()
        if node.sign is not Sign.NONE or name in ALWAYS_SHOWN or sides.creating or sides.whole
    }
    width = max(map(len, nodes), default=0)
    for name, node in shown.items():
        suffix = FORCES_REPLACEMENT if name in replacing else ""
        yield from named_line(name, node, indent + 2, width, style, suffix=suffix, top=True)
    hidden = len(nodes) - len(shown)
    if hidden:
        yield f"{' ' * (indent + 4)}# ({hidden} unchanged attribute{'' if hidden == 1 else 's'} hidden)"
    unchanged = 0
    separated = bool(nodes)
    for name in sorted(shape["blocks"]):
        if sides.unknown.get(name) is True:
            sign = "~" if sides.before.get(name) else "+"
            yield from [""] if separated else []
            yield f"{' ' * (indent + 2)}{style.sign(sign)} {name} (known after apply)"
            separated = True
            continue
        for block in _blocks(name, sides, shape["blocks"][name]):
            if not sides.whole and block.before == block.after and not says_something(block.unknown):
                unchanged += 1
                continue
            if separated:
                yield ""
            separated = True
            yield from _block(name, block, shape["blocks"][name], name in replacing, indent, style)
    if unchanged:
        yield ""
        yield f"{' ' * (indent + 4)}# ({unchanged} unchanged block{'' if unchanged == 1 else 's'} hidden)"


def _attribute(name: str, sides: _Sides, *, is_set: bool) -> Node:
    before, after, pending = sides.before.get(name), sides.after.get(name), sides.unknown.get(name, False)
    return differ(
        ABSENT if before is None else before,
        ABSENT if after is None and pending is not True else after,
        pending,
        sides.hidden_before.get(name, False),
        sides.hidden_after.get(name, False),
        is_set=is_set,
    )


def _blocks(name: str, sides: _Sides, shape: Mapping[str, Any]) -> Iterator[_Sides]:
    """The blocks of one name, each with its partner before."""
    old, new = _as_list(sides.before.get(name)), _as_list(sides.after.get(name))
    for left, right in (members if shape["nesting"] == "set" else align)(old, new):
        yield _Sides(
            {} if left is None else old[left],
            {} if right is None else new[right],
            _item(sides.unknown.get(name), right),
            _item(sides.hidden_before.get(name), left),
            _item(sides.hidden_after.get(name), right),
            creating=left is None,
            whole=sides.whole,
        )


def _block(
    name: str, block: _Sides, shape: Mapping[str, Any], replacing: bool, indent: int, style: Style
) -> Iterator[str]:
    sign = "+" if block.creating else " " if block.whole else "~" if block.after else "-"
    yield f"{' ' * (indent + 2)}{style.sign(sign)} {name} {{{FORCES_REPLACEMENT if replacing else ''}"
    yield from _body(block, shape, frozenset(), indent + 4, style)
    yield f"{' ' * (indent + 4)}}}"


def _tree(tree: Any) -> Mapping[str, Any]:
    return tree if isinstance(tree, dict) else {}


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _item(tree: Any, position: int | None) -> Mapping[str, Any]:
    """The part of a tree that belongs to one of several blocks. True hides, or leaves open, everything in it."""
    if isinstance(tree, list) and position is not None:
        tree = tree[position] if position < len(tree) else {}
    return _Everything() if tree is True else _tree(tree)


class _Everything(dict[str, Any]):
    """A tree that is True wherever it is asked."""

    def get(self, key: str, default: Any = None) -> Any:
        del key, default
        return True
