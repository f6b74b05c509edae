"""The planner: walks a configuration in the order of its graph and says what apply will do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kvmplan.addresses import Address
from kvmplan.graph import Node
from kvmplan.plan.data import without_idle_looks
from kvmplan.plan.guarding import Guards
from kvmplan.plan.imports import Wish, twice, unfulfilled, wishes
from kvmplan.plan.inputs import after_resources
from kvmplan.plan.instances import InstancePlanner
from kvmplan.plan.judgement import assess, rehearse
from kvmplan.plan.model import Change, OutputChange, Plan, PlannedStep
from kvmplan.plan.move_rules import still_declared
from kvmplan.plan.named_values import NAMED, evaluate_named
from kvmplan.plan.operations import Needs, ordered_steps
from kvmplan.plan.outputs import gone_outputs, plan_outputs
from kvmplan.plan.planning import Planning
from kvmplan.plan.removal import forgotten, removal, removal_reason, removed_by
from kvmplan.plan.scope import unknown_pointers
from kvmplan_sdk.diagnostics import Diagnostic, has_errors
from kvmplan_sdk.values import is_known


class Planner:
    """Plans one configuration, once."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning
        self._changes: dict[Address, Change] = {}
        self._guards = Guards(planning.modules)
        planning.wishes.update({address: Wish(one) for address, one in planning.request.importing.items()})
        self._instances = InstancePlanner(planning)

    def plan(self) -> Plan:
        """Plan what is asked for."""
        request = self._planning.request
        if request.destroy:
            return self._plan_destroy()
        return self._plan_refresh() if request.refresh_only else self._plan_all()

    def _plan_all(self) -> Plan:
        """Plan to make the hosts what the configuration says."""
        planning = self._planning
        outputs = self._evaluate()
        planning.add(still_declared(planning.modules, self._changes))
        if not has_errors(planning.diagnostics):
            self._plan_removals()
            wishes = {address: wish for address, wish in planning.wishes.items() if planning.scope.covers(address)}
            planning.add(unfulfilled(wishes, self._changes))
        return self._finish(outputs)

    def _plan_refresh(self) -> Plan:
        """Plan to let the state, and outputs as far as they can be told, follow the hosts."""
        outputs = {name: change for name, change in self._evaluate().items() if is_known(change.after)}
        self._changes.clear()
        return self._plan(outputs, (), {})

    def _evaluate(self) -> Mapping[str, OutputChange]:
        """Evaluate and plan everything that the configuration has; returns how outputs change."""
        planning, modules = self._planning, self._planning.modules
        late = after_resources(planning.dependencies)
        for node in filter(planning.scope.has, planning.dependencies.order):
            if node.kind == "resource":
                self._changes.update(self._instances.plan(node))
            elif node.kind == "import":
                self._wish(node)
            elif node in late and node.kind in NAMED:
                evaluate_named(modules, node, {}, planning.diagnostics)
            elif node.kind == "check":
                planning.add(planning.checks.check(modules, node))
        planning.checks.gather(modules)
        return plan_outputs(
            modules.root, planning.starting.stored, planning.diagnostics, planning.checks, only=planning.scope.outputs
        )

    def _plan_destroy(self) -> Plan:
        """Plan to destroy what state has."""
        planning, starting = self._planning, self._planning.starting
        for address, instance in starting.refreshed.instances.items():
            if not planning.scope.covers(address):
                continue
            former = starting.former.get(address)
            self._changes[address] = removal(instance, planning, self._guards, "", former=former)
        return self._finish(gone_outputs(starting.stored) if planning.scope.complete else {})

    def _wish(self, node: Node) -> None:
        planning = self._planning
        for evaluation in planning.modules.instances(node.module):
            block = evaluation.configuration.imports[int(node.name)]
            for address, wish in wishes(block, evaluation, planning.diagnostics):
                first = planning.wishes.setdefault(address, wish)
                if first is not wish and first.range is not None:
                    planning.diagnostics.append(twice(address, first, wish))

    def _plan_removals(self) -> None:
        planning, starting = self._planning, self._planning.starting
        for address, instance in starting.refreshed.instances.items():
            scope = planning.scope
            if address in self._changes or address in scope.spared or not scope.covers(address):
                continue
            removed = removed_by(address, planning.modules.configuration)
            forget = not removed.destroy if removed is not None else None
            former = starting.former.get(address)
            reason = removal_reason(planning.modules, address, moved=former is not None)
            self._changes[address] = removal(instance, planning, self._guards, reason, forget=forget, former=former)

    def _finish(self, outputs: Mapping[str, OutputChange]) -> Plan:
        planning = self._planning
        findings = assess(self._changes, planning.sessions)
        planning.add(map(self._instances.placed, findings.diagnostics))
        for address, change in self._changes.items():
            impact = findings.impacts.get(str(address))
            if impact is not None:
                self._changes[address] = replace(change, impact=impact)
        self._changes = without_idle_looks(self._changes)
        planning.add(forgotten(self._changes.values()))
        steps, needs = ordered_steps(self._changes, planning.starting.prior)
        plan = self._plan(outputs, steps, needs)
        if not has_errors(planning.diagnostics):
            planning.add(map(self._instances.placed, rehearse(plan, planning.sessions)))
        return plan

    def _plan(self, outputs: Mapping[str, OutputChange], steps: tuple[PlannedStep, ...], needs: Needs) -> Plan:
        planning, starting = self._planning, self._planning.starting
        planning.add(self._unknown_pointers())
        return Plan(
            prior=starting.stored,
            refreshed=starting.refreshed.with_instances(self._instances.imported),
            changes=self._changes,
            drift=starting.drift,
            outputs=outputs,
            steps=steps,
            needs=needs,
            hosts={**starting.prior.hosts, **planning.inputs.hosts},
            data=self._instances.data,
            unsure=starting.unsure,
            checks=planning.checks.results,
            moment=planning.modules.setting.moment,
            destroy=planning.request.destroy,
            complete=planning.scope.complete,
            refresh_only=planning.request.refresh_only,
        )

    def _unknown_pointers(self) -> Iterator[Diagnostic]:
        """What the user named and nobody knows. With errors before, instances may be missing for these."""
        planning, starting = self._planning, self._planning.starting
        if planning.scope.complete or has_errors(planning.diagnostics):
            return iter(())
        prior, stored = starting.prior.instances, starting.stored.instances
        known = {*prior, *stored, *self._changes, *self._instances.data, *self._instances.left_out}
        return unknown_pointers(planning.request, planning.scope, planning.modules.configuration, known)
