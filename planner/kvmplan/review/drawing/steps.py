"""A plan in the order in which it is carried out: a group for each step, a box for each operation."""

from __future__ import annotations

from collections.abc import Iterator

import networkx as nx

from kvmplan.plan.model import Junction, OperationKey, Plan, PlannedStep
from kvmplan.review.drawing.model import Box, Drawing, Group
from kvmplan.review.drawing.reduction import reduced

Point = OperationKey | Junction


def steps_drawing(plan: Plan) -> Drawing:
    operations: list[Point] = [operation for step in plan.steps for operation in step.operations]
    there: set[Point] = {*operations, *(point for point in plan.needs if isinstance(point, Junction))}
    needs = {point: [need for need in plan.needs.get(point, ()) if need in there] for point in there}
    between: nx.DiGraph[Point] = nx.DiGraph((need, point) for point, all_ in needs.items() for need in all_)
    between.add_nodes_from(operations)
    kept = reduced(nx.topological_sort(between), needs)
    places = {operation: place for place, operation in enumerate(operations)}
    junctions = sorted((point for point in kept if isinstance(point, Junction)), key=_name)
    ordered: list[Point] = [*junctions, *operations]

    def by_place(point: Point) -> tuple[int, str]:
        return (-1, _name(point)) if isinstance(point, Junction) else (places[point], "")

    return Drawing(
        tuple(_groups(plan, junctions)),
        {_name(point): tuple(map(_name, sorted(kept[point], key=by_place))) for point in ordered},
    )


def _groups(plan: Plan, junctions: list[Junction]) -> Iterator[Group]:
    if junctions:
        yield Group("", tuple(Box(_name(one), _name(one)) for one in junctions))
    for step in plan.steps:
        yield Group(_heading(step), tuple(Box(_name(one), _name(one)) for one in step.operations))


def _heading(step: PlannedStep) -> str:
    return f"Step {step.number}: {step.lane.host} / {step.lane.provider}"


def _name(point: Point) -> str:
    if isinstance(point, Junction):
        return f"{point.verb.value} all of {point.resource}"
    address, verb = point
    return f"{verb.value} {address}"
