"""The planner: walks a configuration in the order of its graph and says what apply will do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address
from kvmplan.graph import Dependencies, Node
from kvmplan.plan.checks import Checks
from kvmplan.plan.imports import Wish, twice, unfulfilled, wishes
from kvmplan.plan.inputs import Inputs, after_resources
from kvmplan.plan.instances import InstancePlanner
from kvmplan.plan.judgement import assess, rehearse
from kvmplan.plan.model import Change, Drift, OutputChange, Plan
from kvmplan.plan.modules import Modules
from kvmplan.plan.move_rules import still_declared
from kvmplan.plan.named_values import NAMED, evaluate_named
from kvmplan.plan.operations import ordered_steps
from kvmplan.plan.outputs import gone_outputs, plan_outputs
from kvmplan.plan.removal import removal, removal_reason, removed_by
from kvmplan.plugins import Plugins
from kvmplan.sessions import Sessions
from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import Diagnostic, has_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """What planning starts from. ``stored``: the state as it is kept; ``prior``: the same with everything in the place
    that moved blocks give it, ``former`` by new addresses; ``refreshed``: ``prior`` with what was read from the hosts;
    ``unsure``: what a run cut short left in doubt; ``replacing``: what shall be replaced whatever it is.
    """

    stored: State
    prior: State
    refreshed: State
    drift: tuple[Drift, ...]
    former: Mapping[Address, Address] = field(default_factory=dict)
    unsure: frozenset[Address] = frozenset()
    replacing: frozenset[Address] = frozenset()


class Planner:
    """Plans one configuration, once. Problems go into ``diagnostics``; with an error among them the plan is void."""

    def __init__(
        self,
        modules: Modules,
        dependencies: Dependencies,
        inputs: Inputs,
        plugins: Plugins,
        sessions: Sessions,
        starting: Starting,
        diagnostics: list[Diagnostic],
    ) -> None:
        self._modules = modules
        self._dependencies = dependencies
        self._inputs = inputs
        self._sessions = sessions
        self._starting = starting
        self._diagnostics = diagnostics
        self._reported = set(diagnostics)
        self._changes: dict[Address, Change] = {}
        self._wishes: dict[Address, Wish] = {}
        self._checks = Checks()
        self._instances = InstancePlanner(
            modules=modules,
            dependencies=dependencies,
            inputs=inputs,
            plugins=plugins,
            sessions=sessions,
            starting=starting,
            diagnostics=diagnostics,
            checks=self._checks,
            wishes=self._wishes,
        )

    def plan(self) -> Plan:
        """Plan to make the hosts what the configuration says."""
        late = after_resources(self._dependencies)
        for node in self._dependencies.order:
            if node.kind == "resource":
                self._changes.update(self._instances.plan(node))
            elif node.kind == "import":
                self._wish(node)
            elif node in late and node.kind in NAMED:
                evaluate_named(self._modules, node, {}, self._diagnostics)
            elif node.kind == "check":
                self._add(self._checks.check(self._modules, node))
        self._add(still_declared(self._modules, self._changes))
        outputs = plan_outputs(self._modules.root, self._starting.stored, self._diagnostics, self._checks)
        if not has_errors(self._diagnostics):
            self._plan_removals()
            self._add(unfulfilled(self._wishes, self._changes))
        return self._finish(outputs, destroy=False)

    def plan_destroy(self) -> Plan:
        """Plan to destroy everything that state has."""
        for address, instance in self._starting.refreshed.instances.items():
            former = self._starting.former.get(address)
            self._changes[address] = removal(instance, self._modules, "", self._diagnostics, former=former)
        return self._finish(gone_outputs(self._starting.stored), destroy=True)

    def _wish(self, node: Node) -> None:
        for evaluation in self._modules.instances(node.module):
            block = evaluation.configuration.imports[int(node.name)]
            for address, wish in wishes(block, evaluation, self._diagnostics):
                first = self._wishes.setdefault(address, wish)
                if first is not wish:
                    self._diagnostics.append(twice(address, first, wish))

    def _plan_removals(self) -> None:
        for address, instance in self._starting.refreshed.instances.items():
            if address in self._changes:
                continue
            removed = removed_by(address, self._modules.configuration)
            forget = removed is not None and not removed.destroy
            former = self._starting.former.get(address)
            reason = removal_reason(self._modules, address, moved=former is not None)
            self._changes[address] = removal(
                instance, self._modules, reason, self._diagnostics, forget=forget, former=former
            )

    def _finish(self, outputs: Mapping[str, OutputChange], *, destroy: bool) -> Plan:
        findings = assess(self._changes, self._sessions)
        self._add(map(self._instances.placed, findings.diagnostics))
        for address, change in self._changes.items():
            impact = findings.impacts.get(str(address))
            if impact is not None:
                self._changes[address] = replace(change, impact=impact)
        steps, needs = ordered_steps(self._changes, self._starting.prior)
        plan = Plan(
            prior=self._starting.stored,
            refreshed=self._starting.refreshed.with_instances(self._instances.imported),
            changes=self._changes,
            drift=self._starting.drift,
            outputs=outputs,
            steps=steps,
            needs=needs,
            hosts={**self._starting.prior.hosts, **self._inputs.hosts},
            data=self._instances.data,
            unsure=self._starting.unsure,
            checks=self._checks.results,
            moment=self._modules.setting.moment,
            destroy=destroy,
        )
        if not has_errors(self._diagnostics):
            self._add(map(self._instances.placed, rehearse(plan, self._sessions)))
        return plan

    def _add(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            if diagnostic not in self._reported:
                self._reported.add(diagnostic)
                self._diagnostics.append(diagnostic)
