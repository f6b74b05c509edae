"""The order of operations keeps the rules that Terraform's users rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from kvmplan.addresses import Address
from kvmplan.lane import Lane
from kvmplan.plan.model import Action, Change, Junction, OperationKey, PlannedStep
from kvmplan.plan.operations import ordered_steps
from kvmplan.state.model import Instance, State
from kvmplan_sdk.impact import Impact, ImpactLevel
from kvmplan_sdk.provider import Verb

LANES = [Lane("a", "x"), Lane("a", "y"), Lane("b", "x")]
MADE = {Action.CREATE: Verb.CREATE, Action.REPLACE: Verb.CREATE, Action.UPDATE: Verb.UPDATE}
REMOVED = {Action.DELETE, Action.REPLACE}


@dataclass
class Case:
    changes: dict[Address, Change]
    prior: State


def change(address: Address, action: Action, lane: Lane, needs: tuple[Address, ...], *, waits: bool = False) -> Change:
    return Change(address=address, action=action, lane=lane, before={}, after={}, dependencies=needs, waits=waits)


def state(old: Mapping[Address, tuple[Address, ...]]) -> State:
    return State(
        lineage="l",
        instances={a: Instance(address=a, host="a", values={}, dependencies=needs) for a, needs in old.items()},
    )


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Instances that refer to earlier ones, as configured now; and, as state has it, in any other order."""
    size = draw(st.integers(1, 9))
    addresses = [Address("x_y", f"r{index % 4}", index // 4 if index % 4 < 2 else None) for index in range(size)]
    addresses = list(dict.fromkeys(addresses))
    shuffled = draw(st.permutations(addresses))
    changes, old = {}, {}
    for index, address in enumerate(addresses):
        action = draw(st.sampled_from([Action.CREATE, Action.UPDATE, Action.REPLACE, Action.DELETE, Action.NO_OP]))
        targets = [target for target in addresses[:index] if target.resource != address.resource]
        needs = draw(st.lists(st.sampled_from(targets), unique=True, max_size=3)) if targets else []
        changes[address] = change(
            address,
            action,
            draw(st.sampled_from(LANES)),
            () if action is Action.DELETE else tuple(needs),
            waits=draw(st.booleans()),
        )
        if action is not Action.CREATE:
            earlier = shuffled[: shuffled.index(address)]
            old[address] = tuple(draw(st.lists(st.sampled_from(earlier), unique=True, max_size=3))) if earlier else ()
    return Case(changes, state(old))


class Order:
    """Whether one operation is certain to be done before another."""

    def __init__(self, steps: tuple[PlannedStep, ...]) -> None:
        self.place = {key: (step.number, position) for step in steps for position, key in enumerate(step.operations)}
        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_nodes_from(step.number for step in steps)
        graph.add_edges_from((needed, step.number) for step in steps for needed in step.after)
        assert nx.is_directed_acyclic_graph(graph)
        self.ancestors = {number: nx.ancestors(graph, number) for number in graph}

    def before(self, first: OperationKey, second: OperationKey) -> bool:
        (one, position), (other, later) = self.place[first], self.place[second]
        return position < later if one == other else one in self.ancestors[other]


@given(cases())
def test_the_rules_of_order(case: Case) -> None:
    steps, _ = ordered_steps(case.changes, case.prior)
    order = Order(steps)
    wanted = {
        (address, verb)
        for address, one in case.changes.items()
        for verb in (
            {Action.REPLACE: [Verb.DELETE, Verb.CREATE], Action.DELETE: [Verb.DELETE]}.get(one.action)
            or ([MADE[one.action]] if one.action in MADE else [])
        )
    }
    assert set(order.place) == wanted, "every operation is in one step"
    renewed = after_replacements(case.changes)
    for address, one in case.changes.items():
        made = (address, MADE[one.action]) if one.action in MADE else None
        if one.action is Action.REPLACE:
            assert order.before((address, Verb.DELETE), (address, Verb.CREATE))
        for needed in one.dependencies if made else ():
            other = case.changes[needed]
            if other.action in MADE:
                assert made is not None
                assert order.before((needed, MADE[other.action]), made), "what is referred to is made first"
        instance = case.prior.instances.get(address)
        for needed in instance.dependencies if instance else ():
            if case.changes[needed].action not in REMOVED:
                continue
            if one.action in REMOVED:
                assert order.before((address, Verb.DELETE), (needed, Verb.DELETE)), "dependents are deleted first"
            elif one.action is Action.UPDATE and needed not in one.dependencies and address not in renewed:
                assert order.before((address, Verb.UPDATE), (needed, Verb.DELETE)), "who lets go does so first"


def after_replacements(changes: Mapping[Address, Change]) -> set[Address]:
    found = {address for address, one in changes.items() if one.action is Action.REPLACE}
    while True:
        more = {
            a for a, one in changes.items() if one.action in MADE and a not in found and found & {*one.dependencies}
        }
        if not more:
            return found
        found |= more


def names(steps: tuple[PlannedStep, ...]) -> list[list[str]]:
    return [[f"{verb.value} {address.name}" for address, verb in step.operations] for step in steps]


def chain(action: Action, lane: Lane = LANES[0]) -> Case:
    a, b, c = (Address("x_y", name) for name in "abc")
    needs: dict[Address, tuple[Address, ...]] = {a: (), b: (a,), c: (b,)}
    changes = {
        address: change(address, action, lane, needs[address] if action is not Action.DELETE else ())
        for address in needs
    }
    return Case(changes, state(needs))


def test_a_chain_of_replacements_is_torn_down_from_its_end_and_built_from_its_beginning() -> None:
    case = chain(Action.REPLACE)
    assert names(ordered_steps(case.changes, case.prior)[0]) == [
        ["delete c", "delete b", "delete a", "create a", "create b", "create c"]
    ]


def test_deletes_and_creates_of_a_chain() -> None:
    case = chain(Action.DELETE)
    assert names(ordered_steps(case.changes, case.prior)[0]) == [["delete c", "delete b", "delete a"]]
    case = chain(Action.CREATE)
    assert names(ordered_steps(case.changes, state({}))[0]) == [["create a", "create b", "create c"]]


def test_an_instance_that_knows_its_inputs_goes_with_what_it_refers_to_and_one_that_waits_does_not() -> None:
    a, b = Address("x_y", "a"), Address("x_y", "b")
    for waits, wanted in ((False, [["create a", "create b"]]), (True, [["create a"], ["create b"]])):
        changes = {
            a: change(a, Action.CREATE, LANES[0], ()),
            b: change(b, Action.CREATE, LANES[0], (a,), waits=waits),
        }
        assert names(ordered_steps(changes, state({}))[0]) == wanted


def test_references_to_a_whole_resource_cost_an_edge_each_and_not_the_square() -> None:
    many = [Address("x_y", "many", index) for index in range(200)]
    users = [Address("x_y", "user", index) for index in range(200)]
    whole = Address("x_y", "many")
    for action in (Action.CREATE, Action.DELETE, Action.REPLACE):
        changes = {a: change(a, action, LANES[0], ()) for a in many}
        changes |= {a: change(a, action, LANES[0], (whole,) if action is not Action.DELETE else ()) for a in users}
        old: dict[Address, tuple[Address, ...]] = dict.fromkeys(many, ())
        prior = state(old | dict.fromkeys(users, (whole,)))
        _, needs = ordered_steps(changes, prior)
        assert sum(map(len, needs.values())) <= 3 * 400
        assert {node.verb for node in needs if isinstance(node, Junction)} == {
            Verb.DELETE if action is Action.DELETE else Verb.CREATE,
            *([Verb.DELETE] if action is Action.REPLACE else []),
        }


def test_a_state_whose_instances_refer_to_each_other_can_still_be_destroyed() -> None:
    a, b, c = (Address("x_y", name) for name in "abc")
    changes = {address: change(address, Action.DELETE, LANES[0], ()) for address in (a, b, c)}
    steps, _ = ordered_steps(changes, state({a: (b,), b: (a,), c: (a,)}))
    (together,) = names(steps)
    assert sorted(together) == ["delete a", "delete b", "delete c"]
    assert together.index("delete c") < together.index("delete a")


def test_a_step_tells_the_reasons_of_all_of_its_worst_changes() -> None:
    told = [("none", ""), ("live", "a."), ("link_flap", "b."), ("link_flap", "c"), ("link_flap", "b")]
    changes = {}
    for index, (level, why) in enumerate(told):
        address = Address("x_y", f"r{index}")
        impact = Impact(ImpactLevel.parse(level), why=why)
        changes[address] = replace(change(address, Action.UPDATE, LANES[0], ()), impact=impact)
    (step,), _ = ordered_steps(changes, state({}))
    assert (step.impact.level, step.impact.why) == (ImpactLevel.LINK_FLAP, "b; c")
    for index in range(5, 9):
        address = Address("x_y", f"r{index}")
        impact = Impact(ImpactLevel.LINK_FLAP, why=f"d{index}")
        changes[address] = replace(change(address, Action.UPDATE, LANES[0], ()), impact=impact)
    (step,), _ = ordered_steps(changes, state({}))
    assert step.impact.why == "b; c; d5; and 3 more, as said above"
