from __future__ import annotations

import threading

import pytest

from kvmplan.plan.refresh.threads import at_once


def test_items_are_worked_on_together_and_answered_in_order() -> None:
    together = threading.Barrier(3)

    def work(item: int) -> int:
        together.wait(timeout=60)
        return -item

    assert at_once(work, [1, 2, 3], 10) == [-1, -2, -3]


def test_no_more_at_once_than_allowed() -> None:
    lock = threading.Lock()
    running: set[int] = set()
    most = 0

    def work(item: int) -> None:
        nonlocal most
        with lock:
            running.add(item)
            most = max(most, len(running))
        threading.Event().wait(0.005)
        with lock:
            running.discard(item)

    at_once(work, range(20), 3)
    assert most == 3


def test_the_first_that_fails_is_raised_when_all_are_done() -> None:
    done: list[int] = []

    def work(item: int) -> None:
        done.append(item)
        if item % 2:
            raise ValueError(item)

    with pytest.raises(ValueError, match=r"^1$"):
        at_once(work, [0, 1, 2, 3], 2)
    assert sorted(done) == [0, 1, 2, 3]


def test_nothing_to_do() -> None:
    assert at_once(str, [], 10) == []
