"""The scope of one plan, and what is wrong with the addresses that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass

from kvmplan.addresses import Address, static_path
from kvmplan.graph import Dependencies, Node, resource_node
from kvmplan.plan.request import Request
from kvmplan.plan.scope.graph import Covered, left_by, targeted
from kvmplan.plan.scope.pointers import Pointers, pointers
from kvmplan.plan.scope.state import Instances, going_with, staying_with


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan covers. ``nodes`` of the configuration, None for all; ``outputs``: those of the root module, None for
    all; ``covers``: whether an instance is planned.
    """

    nodes: frozenset[Node] | None
    outputs: frozenset[str] | None
    covers: Callable[[Address], bool]

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
        chosen = going_with(instances, named) if request.targets else instances.keys() - staying_with(instances, named)
        return Scope(frozenset(), frozenset(), chosen.__contains__)
    if request.targets:
        covered = targeted(dependencies, named)
        return Scope(covered.nodes, covered.outputs, _Targeted(covered, named))
    covered = left_by(dependencies, named)
    return Scope(covered.nodes, covered.outputs, _Left(covered, named, dependencies.graph))


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
