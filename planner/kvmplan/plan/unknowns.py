"""Values that are unknown in places, as two trees that JSON can hold: what is known, and where it is not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kvmplan_sdk.values import UNKNOWN, Typed, Value


def known_part(value: Value) -> Any:
    """``value`` without what is unknown: left out of objects, null in lists."""
    if value is UNKNOWN:
        return None
    if isinstance(value, Typed):
        return Typed(known_part(value.value), value.type)
    if isinstance(value, Mapping):
        return {name: known_part(item) for name, item in value.items() if item is not UNKNOWN}
    if isinstance(value, (list, tuple)):
        return [known_part(item) for item in value]
    return value


def shown(value: Value) -> Any:
    """What is known of ``value``, as people and programs read it: values alone, without types."""
    if isinstance(value, Typed):
        return shown(value.value)
    if isinstance(value, Mapping):
        return {name: shown(item) for name, item in value.items() if item is not UNKNOWN}
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    return None if value is UNKNOWN else value


def unknown_tree(value: Value) -> Any:
    """True where ``value`` is unknown, in its shape, with only the branches that lead there."""
    if value is UNKNOWN:
        return True
    if isinstance(value, Typed):
        return unknown_tree(value.value)
    if isinstance(value, Mapping):
        trees = {name: unknown_tree(item) for name, item in value.items()}
        return {name: tree for name, tree in trees.items() if tree not in (False, {}, [])}
    if isinstance(value, (list, tuple)):
        items = [unknown_tree(item) for item in value]
        return items if any(item not in (False, {}, []) for item in items) else []
    return False


def overlay(known: Any, unknown: Any) -> Any:
    """The value that `known_part` and `unknown_tree` came from."""
    if unknown is True:
        return UNKNOWN
    if isinstance(known, Typed):
        return Typed(overlay(known.value, unknown), known.type)
    if isinstance(unknown, dict) and unknown:
        entries = dict(known or {})
        for name, tree in unknown.items():
            entries[name] = overlay(entries.get(name), tree)
        return entries
    if isinstance(unknown, list) and unknown:
        return [overlay(item, tree) for item, tree in zip(known, unknown, strict=True)]
    return known
