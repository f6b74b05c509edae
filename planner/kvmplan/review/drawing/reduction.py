"""Leaving out arrows that say nothing new: from one thing to another that it reaches by a longer way, too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

T = TypeVar("T")
Needs = Mapping[T, Iterable[T]]
"""What each needs directly; no circles."""


def reduced(order: Iterable[T], needs: Needs[T]) -> dict[T, set[T]]:
    """``needs`` without what follows from the rest. ``order``: everything, after what it needs."""
    depth: dict[T, int] = {}
    kept: dict[T, set[T]] = {}
    for thing in order:
        wanted: set[T] = set(needs.get(thing, ()))
        below: set[T] = _below(wanted, kept, depth)
        depth[thing] = 1 + max((depth[need] for need in wanted), default=-1)
        kept[thing] = wanted - below
    return kept


def _below(things: set[T], needs: Mapping[T, set[T]], depth: Mapping[T, int]) -> set[T]:
    """What ``things`` need, at any remove, as far down as the lowest of them."""
    floor = min((depth[thing] for thing in things), default=0)
    seen: set[T] = set()
    waiting = [thing for thing in things if depth[thing] > floor]
    while waiting:
        found = {need for need in needs[waiting.pop()] if depth[need] >= floor} - seen
        seen |= found
        waiting += (need for need in found if depth[need] > floor)
    return seen
