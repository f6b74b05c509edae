"""From changes to operations with an order between them.

Creates and updates come after what they refer to; deletes before what they referred to; the update of an instance that
lets go of another comes before that one's delete; a replacement deletes, then creates.
"""

from __future__ import annotations

from collections.abc import Mapping

import networkx as nx

from kvmplan.addresses import Address
from kvmplan.plan.model import Action, Change, Lane, OperationKey, PlannedStep
from kvmplan.plan.steps import group
from kvmplan.state.model import State
from kvmplan_sdk.impact import worst
from kvmplan_sdk.provider import Verb
from kvmplan_sdk.values import is_known

_VERBS: Mapping[Action, tuple[Verb, ...]] = {
    Action.CREATE: (Verb.CREATE,),
    Action.UPDATE: (Verb.UPDATE,),
    Action.REPLACE: (Verb.DELETE, Verb.CREATE),
    Action.DELETE: (Verb.DELETE,),
}


Needs = Mapping[OperationKey, tuple[OperationKey, ...]]


def ordered_steps(changes: Mapping[Address, Change], prior: State) -> tuple[tuple[PlannedStep, ...], Needs]:
    """The ordered plan of ``changes``, and what each operation needs; ``prior`` tells what deleted objects referred to."""
    graph: nx.DiGraph[OperationKey] = nx.DiGraph()
    for change in changes.values():
        for verb in _VERBS.get(change.action, ()):
            graph.add_node((change.address, verb))
    for change in changes.values():
        _order_making(graph, change, changes)
    rebuilt = _after_replacements(graph, changes)
    for change in changes.values():
        _order_removing(graph, change, changes, prior, rebuilt)
    lanes: dict[OperationKey, Lane | None] = {node: changes[node[0]].lane for node in graph}
    waiting = frozenset(
        (address, verb) for address, verb in graph if verb is not Verb.DELETE and not is_known(changes[address].after)
    )
    order = {node: (node[0].sort_key, node[1].value) for node in graph}
    steps = tuple(
        PlannedStep(
            number=number,
            lane=grouped.lane,
            operations=grouped.members,  # type: ignore[arg-type]
            after=tuple(position + 1 for position in grouped.after),
            impact=worst(changes[address].impact for address, _ in grouped.members),  # type: ignore[misc]
        )
        for number, grouped in enumerate(group(graph, lanes, waiting, order), start=1)
    )
    return steps, {node: tuple(graph.predecessors(node)) for node in graph}


def _making(change: Change) -> OperationKey | None:
    match change.action:
        case Action.CREATE | Action.REPLACE:
            return change.address, Verb.CREATE
        case Action.UPDATE:
            return change.address, Verb.UPDATE
        case _:
            return None


def _removing(change: Change) -> OperationKey | None:
    return (change.address, Verb.DELETE) if change.action in {Action.DELETE, Action.REPLACE} else None


def _order_making(graph: nx.DiGraph[OperationKey], change: Change, changes: Mapping[Address, Change]) -> None:
    mine = _making(change)
    if mine is None:
        return
    if change.action is Action.REPLACE:
        graph.add_edge((change.address, Verb.DELETE), mine)
    for address in change.dependencies:
        needed = changes.get(address)
        made = _making(needed) if needed else None
        if made is not None:
            graph.add_edge(made, mine)


def _after_replacements(graph: nx.DiGraph[OperationKey], changes: Mapping[Address, Change]) -> set[OperationKey]:
    """What is made only after something was replaced; call with the edges between makings alone."""
    found = {(change.address, Verb.CREATE) for change in changes.values() if change.action is Action.REPLACE}
    queue = list(found)
    while queue:
        for follower in graph.successors(queue.pop()):
            if follower not in found:
                found.add(follower)
                queue.append(follower)
    return found


def _order_removing(
    graph: nx.DiGraph[OperationKey],
    change: Change,
    changes: Mapping[Address, Change],
    prior: State,
    rebuilt: set[OperationKey],
) -> None:
    """Edges from what lets go of a dependency to the delete of that dependency.

    An update that must wait for a replacement cannot go before deletes: what is replaced may have to be deleted after
    them.
    """
    instance = prior.instances.get(change.address)
    if instance is None:
        return
    for address in instance.dependencies:
        needed = changes.get(address)
        removed = _removing(needed) if needed else None
        if removed is None:
            continue
        mine = _removing(change)
        if mine is None and change.action is Action.UPDATE and address not in change.dependencies:
            mine = (change.address, Verb.UPDATE)
            if mine in rebuilt:
                continue
        if mine is not None:
            graph.add_edge(mine, removed)
