"""The planner: walks a configuration in the order of its graph and says what apply will do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kvmplan.addresses import Address, Key
from kvmplan.config.model import Resource
from kvmplan.graph import Dependencies
from kvmplan.lang import DYNAMIC, Value, from_plain
from kvmplan.plan.change import plan_instance
from kvmplan.plan.data import read_data
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import repetition
from kvmplan.plan.ignoring import ignored_paths
from kvmplan.plan.inputs import Inputs, after_resources, evaluate_local
from kvmplan.plan.judgement import assess, rehearse
from kvmplan.plan.marks import hidden
from kvmplan.plan.model import Action, Change, DataValues, Drift, OutputChange, Plan
from kvmplan.plan.operations import ordered_steps
from kvmplan.plan.outputs import plan_outputs
from kvmplan.plan.references import ReferenceFinder
from kvmplan.plan.removal import removal, removal_reason
from kvmplan.plan.schemas import find_schema
from kvmplan.plan.wanted import Wanted, WantedReader
from kvmplan.plugins import Plugins
from kvmplan.sessions import Sessions
from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, has_errors
from kvmplan_sdk.provider import Session
from kvmplan_sdk.schema import ObjectSchema, type_of
from kvmplan_sdk.values import is_known


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """What planning starts from. ``refreshed``: ``prior`` with what was read from the hosts; ``unsure``: what a run cut
    short left in doubt.
    """

    prior: State
    refreshed: State
    drift: tuple[Drift, ...]
    unsure: frozenset[Address] = frozenset()


class Planner:
    """Plans one configuration, once. Problems go into ``diagnostics``; with an error among them the plan is void."""

    def __init__(
        self,
        evaluation: Evaluation,
        dependencies: Dependencies,
        inputs: Inputs,
        plugins: Plugins,
        sessions: Sessions,
        starting: Starting,
        diagnostics: list[Diagnostic],
    ) -> None:
        self._evaluation = evaluation
        self._configuration = evaluation.configuration
        self._dependencies = dependencies
        self._inputs = inputs
        self._plugins = plugins
        self._sessions = sessions
        self._starting = starting
        self._diagnostics = diagnostics
        self._reader = WantedReader(evaluation, inputs, plugins, ReferenceFinder(self._configuration, dependencies))
        self._reported = set(diagnostics)
        self._changes: dict[Address, Change] = {}
        self._data: dict[Address, DataValues] = {}
        self._wanted: dict[str, Wanted] = {}

    def plan(self) -> Plan:
        """Plan to make the hosts what the configuration says."""
        late = after_resources(self._dependencies)
        for node in self._dependencies.order:
            if node in late and node.kind == "local":
                evaluate_local(self._evaluation, node.name, self._diagnostics)
            elif node.address is not None:
                self._plan_resource(self._configuration.resources[node.address])
        outputs = plan_outputs(self._evaluation, self._starting.prior, self._diagnostics)
        if not has_errors(self._diagnostics):
            self._plan_removals()
        return self._finish(outputs, destroy=False)

    def plan_destroy(self) -> Plan:
        """Plan to destroy everything that state has."""
        for address, instance in self._starting.refreshed.instances.items():
            self._changes[address] = removal(instance, self._configuration, "", self._diagnostics)
        outputs = {
            name: OutputChange(
                action=Action.DELETE, before=output.value, after=None, type=output.type, sensitive=output.sensitive
            )
            for name, output in sorted(self._starting.prior.outputs.items())
        }
        return self._finish(outputs, destroy=True)

    def _plan_resource(self, resource: Resource) -> None:
        try:
            schema = find_schema(resource, self._plugins)
        except DiagnosticError as problem:
            self._add(problem.diagnostics)
            return
        self._add(ignored_paths(resource.lifecycle, schema)[1])
        scope = self._evaluation.scope(self._diagnostics)
        instances = repetition(resource.count, resource.for_each, scope, self._diagnostics)
        if instances is None:
            return
        values: dict[Key, Value] = {
            key: self._plan_instance(resource, resource.address.instance(key), names, schema)
            for key, names in instances.items()
        }
        self._evaluation.set_resource(resource.address, values)

    def _plan_instance(
        self, resource: Resource, address: Address, names: Mapping[str, Value], schema: ObjectSchema
    ) -> Value:
        """Plan one instance; returns what references to it see."""
        wanted = self._reader.read(resource, address, names, schema, self._diagnostics)
        if wanted is None:
            return DYNAMIC
        self._wanted[str(address)] = wanted
        try:
            session = self._sessions.get(wanted.lane)
        except DiagnosticError as problem:
            self._add(problem.diagnostics)
            return DYNAMIC
        if address.mode == "data":
            return self._read_data(wanted, session, schema)
        prior = self._starting.refreshed.instances.get(address)
        change = plan_instance(wanted, prior, session, schema, self._diagnostics)
        if change is None or change.after is None:
            return DYNAMIC
        self._changes[address] = change
        return from_plain(change.after, type_of(schema), hidden(change.sensitive))

    def _read_data(self, wanted: Wanted, session: Session, schema: ObjectSchema) -> Value:
        if not is_known(wanted.configured.values) and has_errors(self._diagnostics):
            return DYNAMIC
        try:
            data = read_data(wanted, session, schema)
        except DiagnosticError as problem:
            self._add(wanted.place(diagnostic) for diagnostic in problem.diagnostics)
            return DYNAMIC
        self._data[wanted.address] = data
        return from_plain(data.values, type_of(schema), hidden(data.sensitive))

    def _plan_removals(self) -> None:
        for address, instance in self._starting.refreshed.instances.items():
            if address not in self._changes:
                reason = removal_reason(self._configuration.resources.get(address.resource), address)
                self._changes[address] = removal(instance, self._configuration, reason, self._diagnostics)

    def _finish(self, outputs: Mapping[str, OutputChange], *, destroy: bool) -> Plan:
        findings = assess(self._changes, self._sessions)
        self._add(map(self._placed, findings.diagnostics))
        for address, change in self._changes.items():
            impact = findings.impacts.get(str(address))
            if impact is not None:
                self._changes[address] = replace(change, impact=impact)
        steps, needs = ordered_steps(self._changes, self._starting.prior)
        if not has_errors(self._diagnostics):
            found = rehearse(steps, self._changes, self._starting.prior.lineage, self._sessions)
            self._add(map(self._placed, found))
        return Plan(
            prior=self._starting.prior,
            refreshed=self._starting.refreshed,
            changes=self._changes,
            drift=self._starting.drift,
            outputs=outputs,
            steps=steps,
            needs=needs,
            hosts={**self._starting.prior.hosts, **self._inputs.hosts},
            data=self._data,
            unsure=self._starting.unsure,
            moment=self._evaluation.moment,
            destroy=destroy,
        )

    def _placed(self, diagnostic: Diagnostic) -> Diagnostic:
        wanted = self._wanted.get(diagnostic.address or "")
        return wanted.place(diagnostic) if wanted else diagnostic

    def _add(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            if diagnostic not in self._reported:
                self._reported.add(diagnostic)
                self._diagnostics.append(diagnostic)
