"""Doing the same to many things at once, in threads that an interrupt does not wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def at_once(work: Callable[[T], R], items: Sequence[T], parallelism: int) -> list[R]:
    """What ``work`` makes of each item, in their order. Raises what it raises, the first of the items before others.

    The threads die with the process: what a host takes its time for must not keep an interrupted command alive.
    """
    results: dict[int, R] = {}
    raised: dict[int, BaseException] = {}
    waiting = iter(enumerate(items))
    lock = threading.Lock()

    def take() -> tuple[int, T] | None:
        with lock:
            return next(waiting, None)

    def run() -> None:
        while (taken := take()) is not None:
            position, item = taken
            try:
                results[position] = work(item)
            except BaseException as problem:  # noqa: BLE001 - raised again where it is waited for
                raised[position] = problem

    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(parallelism, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[min(raised)]
    return [results[position] for position in range(len(items))]
