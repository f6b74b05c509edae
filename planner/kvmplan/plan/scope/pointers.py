"""Addresses as users write them, many at once: which instances they cover, which blocks they touch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

from kvmplan.addresses import Address, ModuleAddress, ModulePath, Pointer, static_path
from kvmplan.graph import Node


@dataclass(frozen=True)
class Pointers:
    """Asked for one address, it answers in time that does not depend on how many there are."""

    named: frozenset[Pointer]

    def covers(self, address: Address) -> bool:
        return any(True for _ in self.covering(address))

    def covering(self, address: Address) -> Iterator[Pointer]:
        """Those that ``address`` is one of, or inside of."""
        yield from (one for one in _wider(address.current) if one in self.named)

    def reach(self, module: ModulePath) -> bool:
        """Whether a module instance is covered, or something in it is named."""
        return any(steps in self._homes for steps in _wider_modules(module)) or any(
            ModuleAddress(steps) in self.named
            for length in range(1, len(module) + 1)
            for steps in _wider_modules(module[:length])
        )

    def touches(self, node: Node) -> bool:
        """Whether some instance of the resource ``node`` may be covered."""
        return _everywhere(node) in self._blocks or any(module in self._modules for module in _around(node))

    def covers_whole(self, node: Node) -> bool:
        """Whether every instance of the resource ``node`` is covered."""
        return _everywhere(node) in self.named or any(
            ModuleAddress(_unkeyed(module)) in self.named for module in _around(node)
        )

    @cached_property
    def _blocks(self) -> frozenset[Address]:
        return frozenset(one.everywhere for one in self.named if isinstance(one, Address))

    @cached_property
    def _homes(self) -> frozenset[ModulePath]:
        return frozenset(one.module for one in self.named if isinstance(one, Address))

    @cached_property
    def _modules(self) -> frozenset[tuple[str, ...]]:
        return frozenset(static_path(one.module) for one in self.named if isinstance(one, ModuleAddress))


def pointers(named: Iterable[Pointer]) -> Pointers:
    return Pointers(frozenset(named))


def _wider(address: Address) -> Iterator[Pointer]:
    """Everything that could be written to mean ``address`` or what it is in."""
    for module in _wider_modules(address.module):
        yield replace(address, module=module)
        if address.key is not None:
            yield Address(address.type, address.name, mode=address.mode, module=module)
    for length in range(1, len(address.module) + 1):
        yield from map(ModuleAddress, _wider_modules(address.module[:length]))


def _wider_modules(module: ModulePath) -> Iterator[ModulePath]:
    """``module`` with none, some and all of its keys left out."""
    return product(*(((name, key), (name, None)) if key is not None else ((name, None),) for name, key in module))


def _around(node: Node) -> Iterator[tuple[str, ...]]:
    return (node.module[:length] for length in range(1, len(node.module) + 1))


def _unkeyed(module: tuple[str, ...]) -> ModulePath:
    return tuple((name, None) for name in module)


def _everywhere(node: Node) -> Address:
    assert node.address is not None
    return node.address.inside(_unkeyed(node.module))
