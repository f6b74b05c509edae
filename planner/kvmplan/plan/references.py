"""Which instances an instance refers to, as exactly as can be told before apply."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kvmplan.addresses import Address, Key, StaticPath
from kvmplan.config.model import Configuration
from kvmplan.graph import Dependencies, Node, expressions_of, resource_node, resource_reference
from kvmplan.graph.nodes import depends_on
from kvmplan.lang import Scope, evaluate, unmark
from kvmplan.syntax import Expression, Index, Traversal
from kvmplan.syntax.static import parts_of

_Reach = frozenset[tuple[Node, int]]
"""Resources that a node refers to, each with how many steps of its module's path are the same instances as on the
node's own: of what is reached through an argument or an output, any instance may be meant.
"""

_SINGLE_INSTANCES = 100
"""So many instances of one resource, written out one by one in one block, are as good as all of them: every instance of
the block refers to them, and their number times its own would grow without bounds.
"""


@dataclass(frozen=True, slots=True)
class _Mentions:
    """What the blocks of a resource refer to, in every instance alike: resources reached ``through`` others, and
    ``plain`` addresses inside its module; ``keyed``: those of which an expression gives each instance the key.
    """

    through: _Reach
    plain: frozenset[Address]
    keyed: tuple[tuple[Address, Expression], ...]


class ReferenceFinder:
    """Finds dependencies. What a local value, a variable, an output or a data source refers to counts as referred to by
    whoever uses it.
    """

    def __init__(self, root: Configuration, dependencies: Dependencies) -> None:
        self._root = root
        self._graph = dependencies.graph
        self._through: dict[Node, _Reach] = {}
        self._mentions: dict[Node, _Mentions] = {}
        for node in dependencies.order:
            if node.address is None or node.address.mode == "data":
                self._through[node] = frozenset(self._reached(node, self._graph.predecessors(node), direct=True))

    def _reached(self, node: Node, before: Iterable[Node], *, direct: bool) -> Iterator[tuple[Node, int]]:
        for one in before:
            shared = _shared(one.module, node.module)
            if direct and one.address is not None:
                yield one, shared
            yield from ((resource, min(steps, shared)) for resource, steps in self._through.get(one, ()))

    def of(self, instance: Address, scope: Scope) -> tuple[Address, ...]:
        """The instances, or whole resources, that ``instance`` in ``scope`` refers to; sorted."""
        mentions = self._mentions_of(instance)
        found = {_as_seen(instance, resource, steps) for resource, steps in mentions.through}
        found.update(address.inside(instance.module) for address in mentions.plain)
        for address, key in mentions.keyed:
            found.add(address.instance(_known_key(key, scope)).inside(instance.module))
        kept = (address for address in found if not found & ({address.resource, address.everywhere} - {address}))
        return tuple(sorted(kept, key=lambda address: address.sort_key))

    def _mentions_of(self, instance: Address) -> _Mentions:
        node = resource_node(tuple(name for name, _ in instance.module), instance.within)
        if node not in self._mentions:
            module = self._root.module(node.module)
            assert module is not None
            through = frozenset(self._reached(node, self._graph.predecessors(node), direct=False))
            direct = [found for expression in expressions_of(module, node) for found in _direct(expression, module)]
            needed = [address for one in depends_on(module, node) if (address := _resource(one, module)) is not None]
            plain = _few([*(address for address, key in direct if key is None), *needed])
            keyed = dict.fromkeys((address, key) for address, key in direct if key is not None)
            self._mentions[node] = _Mentions(through, plain, tuple(keyed))
        return self._mentions[node]


def _shared(one: StaticPath, other: StaticPath) -> int:
    """How many steps from the root two modules have in common."""
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _as_seen(instance: Address, resource: Node, steps: int) -> Address:
    """What ``resource`` is for ``instance``: in the module instances that they share, else in all there are."""
    assert resource.address is not None
    return resource.address.inside((*instance.module[:steps], *((name, None) for name in resource.module[steps:])))


def _few(addresses: Iterable[Address]) -> frozenset[Address]:
    """``addresses`` with the whole resource in place of very many of its instances."""
    by_resource: dict[Address, set[Address]] = defaultdict(set)
    for address in addresses:
        by_resource[address.resource].add(address)
    return frozenset(
        address
        for resource, instances in by_resource.items()
        for address in (instances if len(instances) <= _SINGLE_INSTANCES else {resource})
    )


def _direct(expression: Expression, module: Configuration) -> Iterator[tuple[Address, Expression | None]]:
    """The addresses that ``expression`` names, each with the expression of its key if there is one."""
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if type(node) is Index and type(node.base) is Traversal:
            address = _resource(node.base, module)
            if address is not None and address.key is None:
                yield address, node.key
                waiting.append(node.key)
                continue
        if type(node) is Traversal:
            address = _resource(node, module)
            if address is not None:
                yield address, None
        waiting.extend(parts_of(node))


def _resource(reference: Traversal, module: Configuration) -> Address | None:
    address = resource_reference(reference)
    if address is None or address not in module.resources:
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
