"""Numbers, addresses and ports alike, found among many ranges without looking at each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from kvmplan_nftables.parts import Address, Network

T = TypeVar("T")


class Index(Generic[T]):
    """Items by ranges of numbers. A range is kept as blocks whose sizes are powers of two."""

    def __init__(self) -> None:
        self._blocks: dict[int, dict[int, list[T]]] = defaultdict(lambda: defaultdict(list))
        self._sorted: dict[int, list[int]] = {}

    def add(self, low: int, high: int, item: T) -> None:
        for size, place in _blocks(low, high):
            self._blocks[size][place].append(item)

    def touching(self, low: int, high: int) -> Iterator[T]:
        """Those whose range has a number from ``low`` to ``high``; one of several blocks may come again."""
        for size, places in self._blocks.items():
            first, last = low >> size, high >> size
            if first == last:
                yield from places.get(first, ())
                continue
            if len(self._sorted.get(size, ())) != len(places):
                self._sorted[size] = sorted(places)
            there = self._sorted[size]
            for place in there[bisect_left(there, first) : bisect_right(there, last)]:
                yield from places[place]

    def __bool__(self) -> bool:
        return bool(self._blocks)


def _blocks(low: int, high: int) -> Iterator[tuple[int, int]]:
    """The exponent of each size, and which of the blocks of that size it is."""
    while low <= high:
        size = (high - low + 1).bit_length() - 1
        if low:
            size = min(size, (low & -low).bit_length() - 1)
        yield size, low >> size
        low += 1 << size


class Nets(Generic[T]):
    """Items by subnets, in the order in which they were given."""

    def __init__(self, pairs: Iterable[tuple[Network, T]]) -> None:
        self._items: list[tuple[Network, T]] = []
        self._index: dict[int, Index[int]] = {4: Index(), 6: Index()}
        for place, (net, item) in enumerate(pairs):
            self._items.append((net, item))
            self._index[net.version].add(int(net.network_address), int(net.broadcast_address), place)

    def around(self, address: Address) -> list[tuple[Network, T]]:
        return self._found(address.version, int(address), int(address))

    def touching(self, net: Network) -> list[tuple[Network, T]]:
        return self._found(net.version, int(net.network_address), int(net.broadcast_address))

    def _found(self, version: int, low: int, high: int) -> list[tuple[Network, T]]:
        return [self._items[place] for place in sorted(set(self._index[version].touching(low, high)))]
