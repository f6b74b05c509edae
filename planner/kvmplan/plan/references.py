"""Which instances an instance refers to, as exactly as can be told before apply."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan.addresses import Address, Key
from kvmplan.config.model import Configuration
from kvmplan.graph import Dependencies, Node, expressions_of, resource_node, resource_reference
from kvmplan.lang import Scope, evaluate, unmark
from kvmplan.syntax import Expression, Index, Traversal
from kvmplan.syntax.static import parts_of


class ReferenceFinder:
    """Finds dependencies. What a local value or a data source refers to counts as referred to by whoever uses it."""

    def __init__(self, configuration: Configuration, dependencies: Dependencies) -> None:
        self._configuration = configuration
        self._graph = dependencies.graph
        self._through: dict[Node, frozenset[Address]] = {}
        for node in dependencies.order:
            if node.address is None or node.address.mode == "data":
                self._through[node] = frozenset(
                    address
                    for before in self._graph.predecessors(node)
                    for address in (*([before.address] if before.address else ()), *self._through.get(before, ()))
                )

    def of(self, resource: Address, scope: Scope) -> tuple[Address, ...]:
        """The instances, or whole resources, that an instance of ``resource`` in ``scope`` refers to; sorted."""
        node = resource_node(resource)
        found: set[Address] = set()
        for before in self._graph.predecessors(node):
            found |= self._through.get(before, frozenset())
        for expression in expressions_of(self._configuration, node):
            found.update(self._direct(expression, scope))
        for reference in self._configuration.resources[resource].depends_on:
            address = resource_reference(reference)
            if address is not None:
                found.add(_with_key(address, reference))
        whole = {address for address in found if address.key is None}
        kept = (address for address in found if address.key is None or address.resource not in whole)
        return tuple(sorted(kept, key=lambda address: address.sort_key))

    def _direct(self, expression: Expression, scope: Scope) -> Iterator[Address]:
        waiting = [expression]
        while waiting:
            node = waiting.pop()
            if type(node) is Index and type(node.base) is Traversal:
                address = self._resource(node.base)
                if address is not None and address.key is None:
                    yield address.instance(_known_key(node.key, scope))
                    waiting.append(node.key)
                    continue
            if type(node) is Traversal:
                address = self._resource(node)
                if address is not None:
                    yield address
            waiting.extend(parts_of(node))

    def _resource(self, reference: Traversal) -> Address | None:
        address = resource_reference(reference)
        if address is None or address not in self._configuration.resources:
            return None
        return _with_key(address, reference)


def _with_key(address: Address, reference: Traversal) -> Address:
    """``address`` with the literal instance key that follows it in ``reference``, if one does."""
    position = 2 if reference.root in {"data", "resource"} else 1
    if position < len(reference.steps):
        step = reference.steps[position]
        if not step.attribute and isinstance(step.key, (str, int)):
            return address.instance(step.key)
    return address


def _known_key(expression: Expression, scope: Scope) -> Key:
    value, _ = unmark(evaluate(expression, scope.apart()))
    if isinstance(value, bool):
        return None
    return value if isinstance(value, (str, int)) else None
