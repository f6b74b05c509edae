"""What a plan left unknown, evaluated once it can be: inputs that wait for outcomes, and outputs at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.graph import Dependencies, Node, resource_node
from kvmplan.lang import DYNAMIC, from_plain
from kvmplan.plan.change import plan_instance
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import repetition
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
from kvmplan_sdk.values import differences, format_path, is_known

Instances = Mapping[Address, Instance]


@dataclass(slots=True)
class Resolver:
    """Holds the configuration of a plan, evaluated as far as the plan did."""

    plan: Plan
    evaluation: Evaluation
    dependencies: Dependencies
    inputs: Inputs
    plugins: Plugins
    sessions: Sessions

    def resolve(self, address: Address, instances: Instances) -> Change:
        """The change of ``address``, with what it waited for as it is in ``instances``.

        Raises `DiagnosticError` when it cannot be planned, or differs from the plan where that was known.
        """
        resource = self.evaluation.configuration.resources[address.resource]
        self._take_in(self._needed(resource_node(address)), instances)
        diagnostics: list[Diagnostic] = []
        schema = find_schema(resource, self.plugins)
        names = repetition(resource.count, resource.for_each, self.evaluation.scope([]), diagnostics) or {}
        finder = ReferenceFinder(self.evaluation.configuration, self.dependencies)
        reader = WantedReader(self.evaluation, self.inputs, finder)
        wanted = reader.read(resource, address, names.get(address.key, {}), schema, diagnostics)
        if wanted is None:
            raise DiagnosticError(*diagnostics)
        session = self.sessions.get(wanted.lane)
        change = plan_instance(wanted, instances.get(address), session, schema, diagnostics)
        if change is None:
            raise DiagnosticError(*diagnostics)
        changed = list(differences(self.plan.changes[address].after, change.after))
        if changed:
            raise DiagnosticError(
                error(
                    "Plan changed during apply",
                    f"With the values known now, {', '.join(map(format_path, changed))} would be other than planned. "
                    "Plan again.",
                    source=resource.range,
                    address=str(address),
                )
            )
        return change

    def outputs(self, instances: Instances) -> Mapping[str, OutputChange]:
        """The outputs once everything is as it is in ``instances``."""
        self._take_in(
            [node for node in self.dependencies.order if node in after_resources(self.dependencies)], instances
        )
        return plan_outputs(self.evaluation, self.plan.prior, [])

    def _needed(self, node: Node) -> list[Node]:
        """The resources and local values that ``node`` refers to, seen through local values; in order."""
        found: set[Node] = set()
        waiting = [node]
        while waiting:
            for before in self.dependencies.graph.predecessors(waiting.pop()):
                if before not in found and before.kind in {"resource", "local"}:
                    found.add(before)
                    waiting += [before] if before.kind == "local" else []
        return [one for one in self.dependencies.order if one in found]

    def _take_in(self, nodes: list[Node], instances: Instances) -> None:
        for node in nodes:
            if node.kind == "local":
                evaluate_local(self.evaluation, node.name, [])
            elif node.address is not None and node.address.mode == "managed":
                self._take_in_resource(node.address, instances)

    def _take_in_resource(self, address: Address, instances: Instances) -> None:
        schema = type_of(find_schema(self.evaluation.configuration.resources[address], self.plugins))
        values = {}
        for change in self.plan.changes.values():
            if change.address.resource != address or change.after is None:
                continue
            now = instances.get(change.address)
            values[change.address.key] = (
                from_plain(now.values, schema, hidden(now.sensitive)) if now is not None else DYNAMIC
            )
        self.evaluation.set_resource(address, values)


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
