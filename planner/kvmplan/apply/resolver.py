"""What a plan left unknown, evaluated once it can be: inputs that wait for outcomes, and outputs at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from kvmplan.addresses import Address
from kvmplan.config.model import Resource
from kvmplan.graph import Dependencies, Node, resource_node
from kvmplan.lang import DYNAMIC, from_plain
from kvmplan.plan.change import plan_instance
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import Repetition, repetition
from kvmplan.plan.inputs import Inputs, after_resources, evaluate_local
from kvmplan.plan.marks import hidden
from kvmplan.plan.model import Action, Change, OutputChange, Plan
from kvmplan.plan.outputs import plan_outputs
from kvmplan.plan.references import ReferenceFinder
from kvmplan.plan.schemas import find_schema
from kvmplan.plan.wanted import WantedReader
from kvmplan.plugins import Plugins
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance, Output
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error
from kvmplan_sdk.schema import type_of
from kvmplan_sdk.types import ANY
from kvmplan_sdk.values import Path, differences, format_path, is_known

Instances = Mapping[Address, Instance]


class Resolver:
    """Holds the configuration of a plan, evaluated as far as the plan did.

    What was taken in of ``instances`` is kept as long as the same mapping is given: whoever changes it makes a new one.
    """

    def __init__(
        self,
        plan: Plan,
        evaluation: Evaluation,
        dependencies: Dependencies,
        inputs: Inputs,
        plugins: Plugins,
        sessions: Sessions,
    ) -> None:
        self._plan = plan
        self._evaluation = evaluation
        evaluation.applying = True
        self._dependencies = dependencies
        self._plugins = plugins
        self._sessions = sessions
        finder = ReferenceFinder(evaluation.configuration, dependencies)
        self._reader = WantedReader(evaluation, inputs, plugins, finder)
        self._position = {node: position for position, node in enumerate(dependencies.order)}
        self._members: dict[Address, list[Change]] = defaultdict(list)
        for change in plan.changes.values():
            if change.after is not None:
                self._members[change.address.resource].append(change)
        self._repetitions: dict[Address, Repetition] = {}
        self._instances: Instances | None = None
        self._taken: set[Node] = set()

    def resolve(self, address: Address, instances: Instances) -> Change:
        """The change of ``address``, with what it waited for as it is in ``instances``.

        Raises `DiagnosticError` when it cannot be planned, or differs from the plan where that was known.
        """
        resource = self._evaluation.configuration.resources[address.resource]
        diagnostics: list[Diagnostic] = []
        self._take_in(self._needed(resource_node(address)), instances, diagnostics)
        schema = find_schema(resource, self._plugins)
        names = self._repetition(resource).get(address.key, {})
        wanted = self._reader.read(resource, address, names, schema, diagnostics)
        if wanted is None:
            raise DiagnosticError(*diagnostics)
        session = self._sessions.get(wanted.lane)
        change = plan_instance(wanted, instances.get(address), session, schema, diagnostics)
        if change is None or change.waits:
            raise DiagnosticError(*(diagnostics or [_still_unknown(resource, address)]))
        changed = list(differences(self._plan.changes[address].after, change.after))
        if changed:
            raise DiagnosticError(_changed(resource, address, changed))
        return change

    def outputs(self, instances: Instances) -> Mapping[str, OutputChange]:
        """The outputs once everything is as it is in ``instances``."""
        late = after_resources(self._dependencies)
        self._take_in([node for node in self._dependencies.order if node in late], instances, [])
        return plan_outputs(self._evaluation, self._plan.prior, [])

    def _repetition(self, resource: Resource) -> Repetition:
        """The instances of ``resource``, which were known when the plan was made."""
        found = self._repetitions.get(resource.address)
        if found is None:
            found = repetition(resource.count, resource.for_each, self._evaluation.scope([]), []) or {}
            self._repetitions[resource.address] = found
        return found

    def _needed(self, node: Node) -> list[Node]:
        """The resources and local values that ``node`` refers to, seen through local values; in order."""
        found: set[Node] = set()
        waiting = [node]
        while waiting:
            for before in self._dependencies.graph.predecessors(waiting.pop()):
                if before not in found and before.kind in {"resource", "local"}:
                    found.add(before)
                    waiting += [before] if before.kind == "local" else []
        return sorted(found, key=self._position.__getitem__)

    def _take_in(self, nodes: list[Node], instances: Instances, diagnostics: list[Diagnostic]) -> None:
        if instances is not self._instances:
            self._instances, self._taken = instances, set()
        for node in nodes:
            if node in self._taken:
                continue
            self._taken.add(node)
            if node.kind == "local":
                evaluate_local(self._evaluation, node.name, diagnostics)
            elif node.address is not None and node.address.mode == "managed":
                self._take_in_resource(node.address, instances)

    def _take_in_resource(self, address: Address, instances: Instances) -> None:
        schema = type_of(find_schema(self._evaluation.configuration.resources[address], self._plugins))
        values = {}
        for change in self._members[address]:
            now = instances.get(change.address)
            values[change.address.key] = (
                from_plain(now.values, schema, hidden(now.sensitive)) if now is not None else DYNAMIC
            )
        self._evaluation.set_resource(address, values)


def _still_unknown(resource: Resource, address: Address) -> Diagnostic:
    return error(
        "Input still unknown",
        "What it refers to was made, yet a value that it needs did not come to be known. Plan again.",
        source=resource.range,
        address=str(address),
    )


def _changed(resource: Resource, address: Address, paths: list[Path]) -> Diagnostic:
    return error(
        "Plan changed during apply",
        f"With the values known now, {', '.join(map(format_path, paths))} would be other than planned. Plan again.",
        source=resource.range,
        address=str(address),
    )


def final_outputs(changes: Mapping[str, OutputChange], before: Mapping[str, Output]) -> Mapping[str, Output]:
    """The outputs to store: those that are known now, and for the others what was stored before."""
    found: dict[str, Output] = {}
    for name, change in changes.items():
        if change.action is Action.DELETE and change.after is None and change.type == ANY:
            continue
        if is_known(change.after):
            if change.after is not None:
                found[name] = Output(value=change.after, type=change.type, sensitive=change.sensitive)
        elif name in before:
            found[name] = before[name]
    return found
