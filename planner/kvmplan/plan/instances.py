"""Planning a resource: its instances in every instance of its module, each read, conditioned, and decided upon."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address, Key
from kvmplan.config.model import Resource
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.graph import Node
from kvmplan.lang import DYNAMIC, Value, from_plain
from kvmplan.plan.awaited import Awaited
from kvmplan.plan.change import Circumstances, plan_instance
from kvmplan.plan.checks import as_warning
from kvmplan.plan.conditions import judge
from kvmplan.plan.created_first import created_first, deposed_key
from kvmplan.plan.data import as_planned, read_now, reading
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import repetition
from kvmplan.plan.guarding import is_allowed, is_guarded
from kvmplan.plan.ignoring import ignored_paths
from kvmplan.plan.imports import taken_in
from kvmplan.plan.marks import hidden
from kvmplan.plan.model import Action, Change, DataValues
from kvmplan.plan.planning import Planning
from kvmplan.plan.references import ReferenceFinder
from kvmplan.plan.schemas import find_schema
from kvmplan.plan.triggers import is_triggered
from kvmplan.plan.wanted import Wanted, WantedReader
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.provider import UNTAGGED, Session
from kvmplan_sdk.schema import ObjectSchema, type_of
from kvmplan_sdk.values import is_known


@dataclass(frozen=True, slots=True)
class _Planned:
    """A resource in one instance of its module, about to be planned; ``found``: what is wrong with it."""

    resource: Resource
    node: Node
    evaluation: Evaluation
    schema: ObjectSchema
    use: ProviderUse
    found: list[Diagnostic] = field(default_factory=list)


class InstancePlanner:
    """Plans the resources of a configuration, each after those it refers to.

    ``data``: what data sources were read as; ``imported``: objects that enter the state; ``left_out``: instances of the
    configuration that the plan does not cover.
    """

    def __init__(self, planning: Planning) -> None:
        self._planning = planning
        modules, dependencies = planning.modules, planning.dependencies
        self._uses = ProviderUses(modules.configuration)
        self._awaited = Awaited(modules.configuration, dependencies, planning.starting.refreshed)
        self._created_first = created_first(modules.configuration, dependencies)
        finder = ReferenceFinder(modules.configuration, dependencies)
        self._reader = WantedReader(modules, planning.inputs, planning.plugins, finder)
        self._wanted: dict[str, Wanted] = {}
        self._by_resource: dict[Address, list[Change]] = defaultdict(list)
        self.data: dict[Address, DataValues] = {}
        self.imported: dict[Address, Instance] = {}
        self.left_out: list[Address] = []

    def plan(self, node: Node) -> Mapping[Address, Change]:
        """The changes of all instances of the resource ``node``; what references to it see is set in its modules."""
        changes: dict[Address, Change] = {}
        for evaluation in self._planning.modules.instances(node.module):
            assert node.address is not None
            resource = evaluation.configuration.resources[node.address]
            found: list[Diagnostic] = []
            changes.update(self._plan_resource(resource, node, evaluation, found))
            self._planning.add(map(as_warning, found) if resource.check else found)
        self._awaited.note(node, changes)
        return changes

    def placed(self, diagnostic: Diagnostic) -> Diagnostic:
        """A provider's diagnostic about an instance, where that is written."""
        wanted = self._wanted.get(diagnostic.address or "")
        return wanted.place(diagnostic) if wanted else diagnostic

    def _plan_resource(
        self, resource: Resource, node: Node, evaluation: Evaluation, found: list[Diagnostic]
    ) -> Mapping[Address, Change]:
        use = self._uses.of(node.module, resource)
        if isinstance(use, Diagnostic):
            found.append(use)
            return {}
        try:
            schema = find_schema(resource, use, self._planning.plugins)
        except DiagnosticError as problem:
            found += problem.diagnostics
            return {}
        found += ignored_paths(resource.lifecycle, schema)[1]
        scope = evaluation.scope(found)
        instances = repetition(resource.count, resource.for_each, scope, found, excused=self._planning.failed)
        if instances is None:
            return {}
        planned = _Planned(resource, node, evaluation, schema, use, found)
        changes: dict[Address, Change] = {}
        values: dict[Key, Value] = {}
        for key, names in instances.items():
            address = resource.address.instance(key).inside(evaluation.module)
            if self._is_left(address):
                values[key] = self._left_as_it_is(address, schema)
                continue
            values[key] = self._plan_instance(planned, address, names, changes)
        evaluation.set_resource(resource.address, values)
        return changes

    def _is_left(self, address: Address) -> bool:
        planning = self._planning
        return (planning.request.refresh_only and address.mode == "managed") or not planning.scope.covers(address)

    def _left_as_it_is(self, address: Address, schema: ObjectSchema) -> Value:
        """What references see of an instance that this plan does not cover."""
        self.left_out.append(address)
        instance = self._planning.starting.refreshed.instances.get(address)
        if instance is None:
            return DYNAMIC
        return from_plain(instance.values, type_of(schema), hidden(instance.sensitive))

    def _plan_instance(
        self, planned: _Planned, address: Address, names: Mapping[str, Value], changes: dict[Address, Change]
    ) -> Value:
        """Plan one instance; returns what references to it see."""
        resource, found = planned.resource, planned.found
        before = judge(resource.lifecycle.preconditions, planned.evaluation.scope([], **names), found)
        self._planning.checks.note("resource", address, before)
        if before.failures:
            found += before.errors("Resource precondition failed", resource.range, str(address))
            return DYNAMIC
        wanted = self._reader.read(resource, address, names, planned.schema, planned.use, found)
        if wanted is None:
            return DYNAMIC
        self._wanted[str(address)] = wanted
        try:
            session = self._planning.sessions.get(wanted.lane)
        except DiagnosticError as problem:
            found += problem.diagnostics
            return DYNAMIC
        try:
            if address.mode == "data":
                change, seen = self._read(wanted, session, planned)
            else:
                change = self._decide(wanted, names, session, planned)
                if change is None:
                    return DYNAMIC
                seen = as_planned(change)
        except DiagnosticError as problem:
            found += map(wanted.place, problem.diagnostics)
            return DYNAMIC
        value = from_plain(seen.values, type_of(planned.schema), hidden(seen.sensitive))
        after = judge(resource.lifecycle.postconditions, planned.evaluation.scope([], **names, self=value), found)
        self._planning.checks.note("resource", address, after)
        found += after.errors("Resource postcondition failed", resource.range, str(address))
        if change is not None:
            again = change.action is Action.READ and after.judged > 0
            change = replace(change, waits=change.waits or before.undecided, confirms=after.undecided or again)
            changes[address] = change
            self._by_resource[address.resource].append(change)
        return value

    def _decide(self, wanted: Wanted, names: Mapping[str, Value], session: Session, planned: _Planned) -> Change | None:
        address, starting = wanted.address, self._planning.starting
        tags = self._planning.plugins.provider(wanted.lane.provider).tags
        prior = starting.refreshed.instances.get(address)
        wish = self._planning.wishes.get(address) if address not in starting.prior.instances else None
        if wish is not None:
            prior = self.imported[address] = replace(
                taken_in(address, wish, wanted.lane, session, planned.schema), tag=UNTAGGED if tags else ""
            )
        module = planned.evaluation.configuration
        scope = planned.evaluation.scope(planned.found, **names)
        forced = ""
        if prior is not None and prior.tainted:
            forced = "replace_because_tainted"
        elif address in self._planning.request.replacing:
            forced = "replace_by_request"
        elif is_triggered(wanted.resource, address, scope, module, self._by_resource, planned.found):
            forced = "replace_by_triggers"
        guarded = is_guarded(wanted.resource.lifecycle.prevent_destroy, scope, planned.found)
        circumstances = Circumstances(
            forced=forced,
            tags=tags,
            created_first=planned.node in self._created_first,
            deposed=deposed_key(address, starting.stored),
            former=starting.former.get(address),
            imported=wish.id if wish else None,
            guarded=guarded,
            allowed=is_allowed(address, self._planning.request),
        )
        return plan_instance(wanted, prior, session, planned.schema, planned.found, circumstances)

    def _read(self, wanted: Wanted, session: Session, planned: _Planned) -> tuple[Change | None, DataValues]:
        """What is seen of a data source, and the reading that is left to apply, if one is. Raises `DiagnosticError`
        when it cannot be read now, unless a check can look again.
        """
        address, schema = wanted.address, planned.schema
        reason = self._why_later(wanted, planned)
        if not reason:
            try:
                data = self.data[address] = read_now(wanted, session, schema)
            except DiagnosticError as problem:
                if not wanted.resource.check:
                    raise
                planned.found.extend(map(wanted.place, problem.diagnostics))
                self._planning.checks.unread(wanted.resource.check, address.module, problem.diagnostics)
                reason = "read_because_check_nested"
            else:
                again = reading(wanted, schema, "read_because_check_nested", data) if wanted.resource.check else None
                return again, data
        change = reading(wanted, schema, reason)
        return change, as_planned(change)

    def _why_later(self, wanted: Wanted, planned: _Planned) -> str:
        """Why a data source cannot be read while planning, in Terraform's words; empty when it can."""
        if not is_known(wanted.configured.values):
            return "read_because_config_unknown"
        waits = self._awaited.pending(planned.node, wanted.address, wanted.resource, wanted.dependencies)
        return "read_because_dependency_pending" if waits else ""
