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
        wanted = set(needs.get(thing, ()))
        depth[thing] = 1 + max((depth[need] for need in wanted), default=-1)
        kept[thing] = {need for need in wanted if not _is_reached(need, wanted - {need}, kept, depth)}
    return kept


def _is_reached(goal: T, starts: Iterable[T], needs: Mapping[T, set[T]], depth: Mapping[T, int]) -> bool:
    """Whether ``goal`` lies below one of ``starts``. What is not deeper than the goal cannot lead to it."""
    seen: set[T] = set()
    waiting = [start for start in starts if depth[start] > depth[goal]]
    while waiting:
        thing = waiting.pop()
        if goal in needs[thing]:
            return True
        further = {need for need in needs[thing] if depth[need] > depth[goal]} - seen
        seen |= further
        waiting += further
    return False
