"""What a data source waits for besides its arguments: what it names, and what it says it depends on.

A reference to a resource counts although its value may be known: whoever writes it wants to see what is there once that
resource is as planned.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kvmplan.addresses import Address, ModulePath, static_path
from kvmplan.config.model import Configuration, Resource
from kvmplan.graph import Dependencies, Node
from kvmplan.graph.targets import Place, needed_targets
from kvmplan.plan.model import Action, Change
from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import Diagnostic


class Awaited:
    """Notes which resources have changes pending, and tells which data sources must therefore be read later.

    Where there are no data sources, it costs nothing.
    """

    def __init__(self, root: Configuration, dependencies: Dependencies, refreshed: State) -> None:
        self._root = root
        self._graph = dependencies.graph
        self._named: dict[Node, frozenset[Address]] = {}
        self._below: dict[Node, frozenset[Address]] = {}
        self._pending: dict[Address, set[ModulePath]] = defaultdict(set)
        self._stored: dict[Address, list[Address]] = defaultdict(list)
        self._asked = any(address.mode == "data" for module in root.tree() for address in module.resources)
        for address in refreshed.instances if self._asked else ():
            self._stored[address.everywhere].append(address)

    def note(self, node: Node, changes: Mapping[Address, Change]) -> None:
        """Take in ``changes``, all those of the resource ``node``; what state has besides will go."""
        assert node.address is not None
        if not self._asked:
            return
        for address, change in changes.items():
            if change.action is not Action.NO_OP:
                self._pending[address.everywhere].add(address.module)
        everywhere = node.address.inside(tuple((name, None) for name in node.module))
        for address in self._stored.get(everywhere, ()):
            if address not in changes:
                self._pending[everywhere].add(address.module)

    def pending(self, node: Node, instance: Address, resource: Resource, references: Iterable[Address]) -> bool:
        """Whether ``instance``, of the data source ``node``, waits for something. ``references``: all that it refers
        to, which counts where it has conditions: a change may be what makes these hold.
        """
        if node not in self._named:
            self._named[node] = frozenset(self._of(node))
        lifecycle = resource.lifecycle
        needed = self._named[node]
        if lifecycle.preconditions or lifecycle.postconditions:
            needed = needed.union(address.everywhere for address in references)
        return any(self._has_changes(address, instance.module) for address in needed)

    def _has_changes(self, resource: Address, module: ModulePath) -> bool:
        """Whether ``resource`` has some that are seen from ``module``: in a module's instances only its own."""
        found = self._pending.get(resource, set())
        return module in found if static_path(resource.module) == static_path(module) else bool(found)

    def _of(self, node: Node) -> Iterator[Address]:
        for before in self._graph.predecessors(node):
            yield from self._resources(before)
        for depth in range(len(node.module)):
            yield from self._of_call(node.module[: depth + 1])

    def _of_call(self, path: tuple[str, ...]) -> Iterator[Address]:
        """What the call that leads to the module at ``path`` depends on."""
        caller = self._root.module(path[:-1])
        assert caller is not None
        call = caller.calls[path[-1]]
        here = Place(caller, Node(caller.path, "module", call.name), call)
        for reference in call.depends_on:
            found = needed_targets(reference, here)
            for target in () if isinstance(found, Diagnostic) else found:
                yield from self._resources(target)

    def _resources(self, node: Node) -> Iterable[Address]:
        if node.address is not None:
            return (node.address.inside(tuple((name, None) for name in node.module)),)
        return self._all_before(node) if node.kind == "contents" else ()

    def _all_before(self, node: Node) -> frozenset[Address]:
        if node not in self._below:
            seen, waiting = {node}, [node]
            while waiting:
                fresh = [one for one in self._graph.predecessors(waiting.pop()) if one not in seen]
                seen.update(fresh)
                waiting += fresh
            self._below[node] = frozenset(
                address for one in seen if one.address is not None for address in self._resources(one)
            )
        return self._below[node]


__all__ = ["Awaited"]
