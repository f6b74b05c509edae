"""From changes to operations with an order between them.

Creates and updates come after what they refer to; deletes before what they referred to is deleted or made anew; the
update of an instance that lets go of another comes before that one's delete. A replacement deletes, then creates; one
that creates first deletes what it replaces when all that refers to it has been made anew or updated.

An instance that refers to a whole resource with many instances is tied to them through a junction, so that the number
of edges grows with the number of instances and not with its square.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import networkx as nx

from kvmplan.addresses import Address
from kvmplan.lane import Lane
from kvmplan.plan.model import Action, Change, Junction, OperationKey, PlannedStep
from kvmplan.plan.steps import group
from kvmplan.state.model import State
from kvmplan_sdk.impact import Impact, worst
from kvmplan_sdk.provider import Verb

Node = OperationKey | Junction
Needs = Mapping[Node, tuple[Node, ...]]
_REASONS = 3
"""So many reasons of its impact a step tells; each change tells its own."""

_VERBS: Mapping[Action, tuple[Verb, ...]] = {
    Action.CREATE: (Verb.CREATE,),
    Action.UPDATE: (Verb.UPDATE,),
    Action.REPLACE: (Verb.DELETE, Verb.CREATE),
    Action.CREATE_THEN_DELETE: (Verb.CREATE, Verb.DELETE),
    Action.FORGET_THEN_CREATE: (Verb.CREATE,),
    Action.DELETE: (Verb.DELETE,),
    Action.READ: (Verb.READ,),
}


def ordered_steps(changes: Mapping[Address, Change], prior: State) -> tuple[tuple[PlannedStep, ...], Needs]:
    """The ordered plan of ``changes``, and what each operation needs; ``prior``: what deleted objects referred to."""
    graph = _Builder(changes, prior).build()
    lanes: dict[Node, Lane | None] = {
        node: None if isinstance(node, Junction) else _change(node, changes).lane_of(node[1]) for node in graph
    }
    waiting: frozenset[Node] = frozenset(
        node for node in graph if not isinstance(node, Junction) and _waits(node, changes)
    )
    order = {node: _order(node) for node in graph}
    steps = tuple(
        PlannedStep(
            number=number,
            lane=grouped.lane,
            operations=tuple(node for node in grouped.members if isinstance(node, tuple)),
            after=tuple(position + 1 for position in grouped.after),
            impact=_together([_change(node, changes).impact for node in grouped.members if isinstance(node, tuple)]),
        )
        for number, grouped in enumerate(group(graph, lanes, waiting, order), start=1)
    )
    return steps, {node: tuple(graph.predecessors(node)) for node in graph}


def _change(node: OperationKey, changes: Mapping[Address, Change]) -> Change:
    """The change that an operation is part of."""
    return changes.get(node[0]) or changes[node[0].current]


def _together(impacts: Sequence[Impact]) -> Impact:
    """What a step disturbs, with the reasons of all of its changes that are as bad as the worst."""
    top = worst(impacts)
    reasons = list(dict.fromkeys(one.why.rstrip(".") for one in impacts if one.level is top.level and one.why))
    more = [f"and {len(reasons) - _REASONS} more, as said above"] if len(reasons) > _REASONS else []
    return replace(top, why="; ".join(reasons[:_REASONS] + more))


def _waits(node: OperationKey, changes: Mapping[Address, Change]) -> bool:
    """Whether an operation has a step after those it needs, on the same lane too: for its inputs, or because a provider
    could not tell two objects of one address apart in one step.
    """
    return bool(node[0].deposed) if node[1] is Verb.DELETE else changes[node[0]].waits


def _order(node: Node) -> tuple[object, ...]:
    if isinstance(node, Junction):
        return (node.resource.sort_key, node.verb.value)
    return (node[0].sort_key, node[1].value)


@dataclass(slots=True)
class _Builder:
    """Builds the graph of operations: edges go from what comes first."""

    changes: Mapping[Address, Change]
    prior: State
    members: dict[Address, list[Change]] = field(default_factory=lambda: defaultdict(list))
    made: dict[Address, tuple[Node, ...]] = field(default_factory=dict)
    removed: dict[Address, tuple[Node, ...]] = field(default_factory=dict)
    remade: set[Address] = field(default_factory=set)
    outliving: dict[Address, bool] = field(default_factory=dict)

    def build(self) -> nx.DiGraph[Node]:
        graph: nx.DiGraph[Node] = nx.DiGraph()
        for change in self.changes.values():
            for meant in {change.address.current, change.address.resource, change.address.everywhere}:
                self.members[meant].append(change)
            for verb in _VERBS.get(change.action, ()):
                graph.add_node(_key(change, verb))
        self._order_makings(graph)
        rebuilt = _after_replacements(graph, self.changes)
        for change in self.changes.values():
            for letting_go, needed in self._letting_go(change, rebuilt):
                if needed not in self.removed:
                    self.removed[needed] = self._removed(graph, needed)
                graph.add_edges_from((letting_go, removed) for removed in self.removed[needed])
        self._gone_before_made(graph)
        self._one_after_another(graph)
        self._looked_at_last(graph)
        return _without_cycles(graph)

    def _gone_before_made(self, graph: nx.DiGraph[Node]) -> None:
        """What refers to something goes before that is updated or created anew, unless it has to wait itself for
        something that is made: then the order that there is stands.
        """
        if all(_making(change) is None or change.action is Action.REPLACE for change in self.changes.values()):
            return
        late = _reachable(graph, [made for change in self.changes.values() if (made := _making(change)) is not None])
        for change in self.changes.values():
            instance = self.prior.instances.get(change.address)
            going = _key(change, Verb.DELETE)
            if instance is None or not _is_removed(change) or going in late or going[0].deposed:
                continue
            for needed in instance.dependencies:
                self._before_made(graph, going, needed)

    def _before_made(self, graph: nx.DiGraph[Node], going: Node, needed: Address) -> None:
        """Let ``going`` come before ``needed``, and what that referred to in turn, is made anew."""
        waiting = [(going, needed)]
        while waiting:
            before, address = waiting.pop()
            junction = Junction(address, Verb.UPDATE)
            graph.add_edge(before, junction)
            if address in self.remade:
                continue
            self.remade.add(address)
            for change in self._meant(address):
                making = _making(change)
                if making is not None and change.action is not Action.REPLACE:
                    graph.add_edge(junction, making)
                instance = self.prior.instances.get(change.address)
                waiting += [(junction, further) for further in instance.dependencies] if instance else []

    def _order_makings(self, graph: nx.DiGraph[Node]) -> None:
        """Creates and updates after those of what they refer to."""
        for change in self.changes.values():
            mine = _making(change)
            if mine is None:
                continue
            if change.action is Action.REPLACE:
                graph.add_edge(_key(change, Verb.DELETE), mine)
            elif change.action is Action.CREATE_THEN_DELETE:
                graph.add_edge(mine, _key(change, Verb.DELETE))
            for needed in change.dependencies:
                if needed not in self.made:
                    self.made[needed] = self._made(graph, needed)
                graph.add_edges_from((made, mine) for made in self.made[needed])

    def _one_after_another(self, graph: nx.DiGraph[Node]) -> None:
        """Deposed objects go one by one, and after what is done to their successor: providers know all of them by the
        same address.
        """
        last: dict[Address, Node] = {}
        deposed = {change.predecessor for change in self.changes.values() if change.predecessor.deposed}
        for address in sorted(deposed, key=lambda one: one.sort_key):
            successor = self.changes.get(address.current)
            before = last.get(address.current) or (_making(successor) if successor else None)
            if before is None and successor is not None and successor.action is Action.DELETE:
                before = _key(successor, Verb.DELETE)
            last[address.current] = mine = (address, Verb.DELETE)
            if before is not None:
                graph.add_edge(before, mine)

    def _looked_at_last(self, graph: nx.DiGraph[Node]) -> None:
        """What a check reads is read when everything else is done."""
        looking: list[OperationKey] = [(change.address, Verb.READ) for change in self.changes.values() if change.check]
        if not looking:
            return
        last = set(looking)
        before = [node for node in graph if node not in last and last.issuperset(graph.successors(node))]
        done = Junction(looking[0][0], Verb.READ)
        graph.add_edges_from((node, done) for node in before)
        graph.add_edges_from((done, node) for node in looking)

    def _made(self, graph: nx.DiGraph[Node], needed: Address) -> tuple[Node, ...]:
        changes = self._meant(needed)
        operations = [made for change in changes if (made := _making(change)) is not None]
        if len(operations) < 2:
            return tuple(operations)
        junction = Junction(needed, Verb.CREATE)
        graph.add_edges_from((operation, junction) for operation in operations)
        return (junction,)

    def _removed(self, graph: nx.DiGraph[Node], needed: Address) -> tuple[Node, ...]:
        operations = [_key(change, Verb.DELETE) for change in self._meant(needed) if _is_removed(change)]
        if len(operations) < 2:
            return tuple(operations)
        junction = Junction(needed, Verb.DELETE)
        graph.add_edges_from((junction, operation) for operation in operations)
        return (junction,)

    def _meant(self, needed: Address) -> list[Change]:
        """The changes of an instance, or of every instance of a resource; those of deposed objects too, since nobody
        says which of the objects at an address he referred to.
        """
        return self.members.get(needed, [])

    def _letting_go(self, change: Change, rebuilt: set[Node]) -> Iterator[tuple[Node, Address]]:
        """What ``change`` referred to, each with the operation that lets go of it.

        An update that must wait for a replacement cannot go before deletes: what is replaced may itself have to be
        deleted after them. What goes after its successor was made goes after all that refers to it turned to that one.
        """
        instance = self.prior.instances.get(change.address)
        if instance is None:
            return
        for needed in instance.dependencies:
            if _is_removed(change):
                yield _key(change, Verb.DELETE), needed
            elif change.action is Action.UPDATE and not _covers(change.dependencies, needed):
                update: Node = (change.address, Verb.UPDATE)
                if update not in rebuilt:
                    yield update, needed
        turning = _making(change)
        if turning is not None:
            yield from ((turning, needed) for needed in instance.dependencies if self._outlives(needed))

    def _outlives(self, needed: Address) -> bool:
        """Whether old objects of an address go only after their successors are there."""
        if needed not in self.outliving:
            meant = self._meant(needed)
            self.outliving[needed] = any(
                change.action is Action.CREATE_THEN_DELETE or change.address.deposed for change in meant
            )
        return self.outliving[needed]


def _covers(dependencies: tuple[Address, ...], needed: Address) -> bool:
    return any(one in dependencies for one in (needed, needed.resource, needed.everywhere))


def _key(change: Change, verb: Verb) -> OperationKey:
    return (change.predecessor if verb is Verb.DELETE else change.address), verb


def _making(change: Change) -> OperationKey | None:
    match change.action:
        case Action.CREATE | Action.REPLACE | Action.CREATE_THEN_DELETE | Action.FORGET_THEN_CREATE:
            return change.address, Verb.CREATE
        case Action.UPDATE:
            return change.address, Verb.UPDATE
        case Action.READ:
            return change.address, Verb.READ
        case _:
            return None


def _is_removed(change: Change) -> bool:
    return change.action is Action.DELETE or change.action.replaces


def _without_cycles(graph: nx.DiGraph[Node]) -> nx.DiGraph[Node]:
    """``graph`` with no edges inside a knot of deletes. Only a state that was put together from several ones has such:
    what two objects say of each other cannot both be true, and then no order is better than none.
    """
    for knot in [knot for knot in nx.strongly_connected_components(graph) if len(knot) > 1]:
        graph.remove_edges_from(list(graph.subgraph(knot).edges))
    graph.remove_edges_from([(node, node) for node in nx.nodes_with_selfloops(graph)])
    return graph


def _after_replacements(graph: nx.DiGraph[Node], changes: Mapping[Address, Change]) -> set[Node]:
    """What is made only after something was replaced; call with the edges between makings alone."""
    return _reachable(graph, [(change.address, Verb.CREATE) for change in changes.values() if change.action.renews])


def _reachable(graph: nx.DiGraph[Node], sources: Iterable[Node]) -> set[Node]:
    """``sources`` and everything after them."""
    found = set(sources)
    queue = list(found)
    while queue:
        for follower in graph.successors(queue.pop()):
            if follower not in found:
                found.add(follower)
                queue.append(follower)
    return found
