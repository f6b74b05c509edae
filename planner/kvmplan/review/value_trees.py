"""Trees of a value's shape, as Terraform's representations have them: True where it is sensitive, or not yet known.

Objects have only the entries that say something; lists have an element for each of theirs, so that positions hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kvmplan_sdk.values import UNKNOWN, Path, Typed, Value

Tree = Any
"""True, False, or the same for the parts: a dict by name, a list by position."""


def unknown_tree(value: Value) -> Tree:
    """True where ``value`` is unknown."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Typed):
        return unknown_tree(value.value)
    if isinstance(value, Mapping):
        return _telling((name, unknown_tree(item)) for name, item in value.items())
    return [unknown_tree(item) for item in value] if isinstance(value, (list, tuple)) else False


def sensitive_tree(value: Value, paths: Iterable[Path]) -> Tree:
    """True at every path of ``paths``."""
    return _marked(value, marks_tree(paths))


def _marked(value: Value, marks: Tree) -> Tree:
    if marks is True:
        return True
    if isinstance(value, Typed):
        return _marked(value.value, marks)
    if isinstance(value, Mapping):
        named = marks if isinstance(marks, dict) else {}
        return _telling((name, _marked(item, named.get(name, False))) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        listed = marks if isinstance(marks, list) else []
        return [_marked(item, listed[at] if at < len(listed) else False) for at, item in enumerate(value)]
    return False


def _telling(entries: Iterable[tuple[str, Tree]]) -> Tree:
    return {name: tree for name, tree in entries if tree is not False}


def marks_tree(paths: Iterable[Path]) -> Tree:
    """True at every path of ``paths``, whatever the value is; the positions of lists become lists."""
    tree: Tree = {}
    for path in sorted(paths, key=len):
        tree = _mark(tree, path)
    return tree


def _mark(tree: Tree, path: Path) -> Tree:
    if tree is True or not path:
        return True
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(tree) if isinstance(tree, list) else []
        items += [{}] * (step + 1 - len(items))
        items[step] = _mark(items[step], rest)
        return items
    entries = dict(tree) if isinstance(tree, dict) else {}
    entries[step] = _mark(entries.get(step, {}), rest)
    return entries


def says_something(tree: Tree) -> bool:
    """Whether anything in ``tree`` is True."""
    if isinstance(tree, dict):
        return any(map(says_something, tree.values()))
    return any(map(says_something, tree)) if isinstance(tree, list) else bool(tree)
