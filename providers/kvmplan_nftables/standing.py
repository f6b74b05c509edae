"""What stands after a plan, for those who judge one resource beside another."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TypeVar

from kvmplan_sdk import Change, Object
from kvmplan_sdk.values import is_known

_T = TypeVar("_T")


def standing(changes: Sequence[Change], types: Collection[str], make: Callable[[Change, Object], _T]) -> Iterator[_T]:
    """What ``make`` makes of each of ``types`` and its values, without those that go, or are not known yet."""
    for change in changes:
        if change.type in types and change.after is not None and is_known(change.after):
            with contextlib.suppress(ValueError):  # planning has said what is wrong with it
                yield make(change, change.after)
