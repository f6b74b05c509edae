"""The scope of one plan, and what is wrong with the addresses that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from kvmplan.addresses import Address, static_path
from kvmplan.graph import Dependencies, Node, resource_node
from kvmplan.plan.request import Request
from kvmplan.plan.scope.graph import Covered, left_by, targeted
from kvmplan.plan.scope.pointers import Pointers, pointers
from kvmplan.plan.scope.state import Instances, going_with, with_needs


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan covers. ``nodes`` of the configuration, None for all; ``outputs``: those of the root module, None for
    all; ``covers``: whether an instance is planned; ``spared``: what is not deleted although it is covered and in the
    configuration no more, because something that is left out refers to it.
    """

    nodes: frozenset[Node] | None
    outputs: frozenset[str] | None
    covers: Callable[[Address], bool]
    spared: frozenset[Address] = frozenset()

    @property
    def complete(self) -> bool:
        return self.nodes is None

    def has(self, node: Node) -> bool:
        return self.nodes is None or node in self.nodes


def scope_of(
    request: Request, dependencies: Dependencies, instances: Instances, former: Mapping[Address, Address]
) -> Scope:
    """``instances``: of the state, where moved blocks put them, ``former`` by new addresses: both are understood."""
    if not request.narrowed:
        return Scope(None, None, lambda _address: True)
    typed = pointers(request.targets or request.excluding)
    named = pointers({*typed.named, *(new for new, old in former.items() if typed.covers(old))})
    if request.destroy:
        chosen = going_with(instances, named) if request.targets else _not_needed(instances, named)
        return Scope(frozenset(), frozenset(), chosen.__contains__)
    if request.targets:
        covered = targeted(dependencies, named)
        return Scope(covered.nodes, covered.outputs, _Targeted(covered, named))
    covered = left_by(dependencies, named)
    covers = _Left(covered, named, dependencies.graph)
    spared = with_needs(instances, [address for address in instances if not covers(address)])
    return Scope(covered.nodes, covered.outputs, covers, spared)


def _not_needed(instances: Instances, excluded: Pointers) -> frozenset[Address]:
    staying = with_needs(instances, [address for address in instances if excluded.covers(address)])
    return frozenset(instances.keys() - staying)


@dataclass(frozen=True, slots=True)
class _Targeted:
    """Whether an instance is named, or needed by what is."""

    covered: Covered
    named: Pointers

    def __call__(self, address: Address) -> bool:
        node = _node(address)
        return (
            node in self.covered.whole
            or self.named.covers(address)
            or any(self.named.reach(address.module[:depth]) for depth in self.covered.within.get(node, ()))
        )


@dataclass(frozen=True, slots=True)
class _Left:
    """Whether an instance is neither named nor in need of what is."""

    covered: Covered
    named: Pointers
    declared: Container[Node]

    def __call__(self, address: Address) -> bool:
        node = _node(address)
        return node in self.covered.whole or (
            (node in self.covered.nodes or node not in self.declared) and not self.named.covers(address)
        )


def _node(address: Address) -> Node:
    return resource_node(static_path(address.module), address.within)
