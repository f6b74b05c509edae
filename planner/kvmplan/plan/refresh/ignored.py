"""Drift that a user does not want to hear of: of whole objects, or of single attributes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from kvmplan.addresses import Address, Pointer, parse_pointer
from kvmplan.plan.ignoring import left_as_is
from kvmplan.plan.model import Drift
from kvmplan.plan.scope.pointers import pointers
from kvmplan_sdk.values import Path, differences

_STEP = re.compile(r'\.([^\W\d][\w-]*)|\[([0-9]+)\]|\["((?:[^"\\]|\\.)*)"\]')


@dataclass(frozen=True, slots=True)
class Ignoring:
    """``path``: the attribute or the part of one that does not matter, empty for the whole object."""

    pointer: Pointer
    path: Path = ()


def parse_rule(text: str) -> Ignoring | None:
    """``ADDRESS`` or ``ADDRESS.attribute[0].part``. An address is a resource, a module, or an instance of one."""
    pointer = parse_pointer(text)
    if pointer is not None:
        return Ignoring(pointer)
    for found in reversed(list(_STEP.finditer(text))):
        pointer, path = parse_pointer(text[: found.start()]), _path(text[found.start() :])
        if isinstance(pointer, Address) and path is not None:
            return Ignoring(pointer, path)
    return None


def _path(text: str) -> Path | None:
    steps: list[str | int] = []
    end = 0
    for found in _STEP.finditer(text):
        if found.start() != end:
            return None
        end = found.end()
        name, index, key = found.groups()
        steps.append(name if name is not None else int(index) if index is not None else str(json.loads(f'"{key}"')))
    return tuple(steps) if end == len(text) else None


def heard_of(drift: Iterable[Drift], rules: Iterable[Ignoring]) -> tuple[tuple[Drift, ...], tuple[Address, ...]]:
    """What ``rules`` leave of ``drift``, with attributes that do not matter as they were; and the addresses of what
    they leave out.
    """
    by_pointer: dict[Pointer, list[Path]] = {}
    for rule in rules:
        by_pointer.setdefault(rule.pointer, []).append(rule.path)
    named = pointers(by_pointer)
    kept: list[Drift] = []
    ignored: list[Address] = []
    for one in drift:
        paths = [path for pointer in named.covering(one.address) for path in by_pointer[pointer]]
        left = _without(one, paths)
        if left is None:
            ignored.append(one.address)
        else:
            kept.append(left)
    return tuple(kept), tuple(ignored)


def _without(drift: Drift, paths: list[Path]) -> Drift | None:
    if () in paths:
        return None
    if drift.after is None or not paths:
        return drift
    after = left_as_is(drift.after, drift.before, paths)
    return replace(drift, after=after) if any(True for _ in differences(drift.before, after)) else None


def unknown_rules(rules: Iterable[Ignoring], known: Mapping[Address, object]) -> Iterator[Pointer]:
    """What ``rules`` name and the state, whose instances ``known`` are, does not have."""
    rules = list(rules)
    named = pointers(rule.pointer for rule in rules)
    seen = {pointer for address in known for pointer in named.covering(address)}
    yield from dict.fromkeys(rule.pointer for rule in rules if rule.pointer not in seen)
