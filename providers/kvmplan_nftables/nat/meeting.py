"""What meets what, without comparing each with each.

A point has a chain for each of its dimensions: what it is there, after all that it is in, as in anybody, 10.0.0.0/8,
10.1.0.0/16. Two points meet where in every dimension one of them is the other, or is in it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import product

from kvmplan_nftables.parts import Network
from kvmplan_sdk import Value

Chain = Sequence[Hashable]
Point = Sequence[Chain]
Key = tuple[tuple[Hashable, bool], ...]
"""By dimension, and whether it is that itself, or something in it."""


def any_or(value: Value) -> Chain:
    """None is any."""
    return [None] if value is None else [None, str(value)]


def within(net: Network, lengths: Sequence[int]) -> list[Hashable]:
    """A subnet after those of ``lengths``, shorter ones first, that it is in."""
    number, most = int(net.network_address), net.max_prefixlen
    around = (length for length in lengths if length < net.prefixlen)
    return [(net.version, length, number >> most - length) for length in (*around, net.prefixlen)]


def kept_at(point: Point) -> Iterator[Key]:
    """Where to keep what is at ``point``, for all to find who ask where they are `asked_at`."""
    return product(*([(chain[-1], True), *((around, False) for around in chain[:-1])] for chain in point))


def asked_at(point: Point) -> Iterator[Key]:
    """Where all that meets ``point`` is kept; first, what is at the very point."""
    return product(*([*((around, True) for around in reversed(chain)), (chain[-1], False)] for chain in point))
