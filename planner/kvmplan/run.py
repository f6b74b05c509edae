"""A run: the sequence of steps that ``plan``, ``apply`` and ``destroy`` share, each fed by the one before.

Beginning with what `kvmplan.preparing` made of the configuration: take in what a killed run left, refresh, plan, apply.
It prints nothing: the commands and the review do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from kvmplan.apply.another_look import look_again
from kvmplan.apply.check_results import final_checks
from kvmplan.apply.events import Listener
from kvmplan.apply.executor import Executor
from kvmplan.apply.inverse import inverse
from kvmplan.apply.journal import Journal, head
from kvmplan.apply.recovery import Recovered, recover
from kvmplan.apply.resolver import Resolver, final_outputs
from kvmplan.apply.result import Result
from kvmplan.apply.rollback import Rollback
from kvmplan.apply.saving import Saver
from kvmplan.apply.standing import Standing, at_first, moves
from kvmplan.apply.stopping import Stop
from kvmplan.lane import Lane
from kvmplan.plan.imports import needless_providers
from kvmplan.plan.lanes import configured_lanes, under_present_configurations
from kvmplan.plan.model import Drift, Plan
from kvmplan.plan.move_rules import move_problems
from kvmplan.plan.moves import Relocated, relocate
from kvmplan.plan.planner import Planner
from kvmplan.plan.planning import Planning, Starting
from kvmplan.plan.refresh import Reading, refresh, silently, with_moves
from kvmplan.plan.removal import wrong_removals
from kvmplan.plan.request import Request
from kvmplan.plan.scope import Scope, applied_in_part, cut_moves, planned_in_part, scope_of, wrong_replacements
from kvmplan.plan.taking_in import take_in
from kvmplan.plugins import Plugins
from kvmplan.preparing import Prepared
from kvmplan.sessions import Sessions
from kvmplan.state.model import Output, State, new_state
from kvmplan.state.store import StateStore
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, has_errors


@dataclass(slots=True, kw_only=True)
class Run:
    """A run under way. ``state``: as stored, with what a killed run made taken in."""

    prepared: Prepared
    plugins: Plugins
    sessions: Sessions
    recovered: Recovered

    @property
    def state(self) -> State:
        return self.recovered.state

    def plan(self, request: Request, *, reading: Reading = silently) -> Plan:
        """Refresh and plan. Problems go into the diagnostics of what was prepared; with an error the plan is void."""
        prepared = self.prepared
        prepared.diagnostics += [*move_problems(prepared.configuration), *wrong_removals(prepared.configuration)]
        prepared.diagnostics += needless_providers(prepared.configuration)
        moved = relocate(self.state, prepared.configuration)
        prior = under_present_configurations(moved.state, prepared.configuration)
        scope = scope_of(request, prepared.dependencies, prior.instances, moved.former)
        prepared.diagnostics += [*moved.diagnostics, *wrong_replacements(request, scope, prior.instances)]
        prepared.diagnostics += (
            [] if scope.complete or request.importing else [planned_in_part(request), *cut_moves(request, moved.former)]
        )
        starting = self._refreshed(request, scope, moved, prior, reading)
        planning = Planning(
            request=request,
            scope=scope,
            modules=prepared.modules,
            dependencies=prepared.dependencies,
            inputs=prepared.inputs,
            plugins=self.plugins,
            sessions=self.sessions,
            starting=starting,
            diagnostics=prepared.diagnostics,
        )
        return Planner(planning).plan()

    def drift(self, *, reading: Reading = silently) -> tuple[Drift, ...]:
        """What on the hosts is not as state remembers it. Problems go into the diagnostics of what was prepared."""
        known = under_present_configurations(self.state, self.prepared.configuration)
        refreshed = refresh(known, frozenset(), self.sessions, unsure=self.recovered.unsure, reading=reading)
        self.prepared.diagnostics += refreshed.diagnostics
        return refreshed.drift

    def _refreshed(self, request: Request, scope: Scope, moved: Relocated, prior: State, reading: Reading) -> Starting:
        unsure = self.recovered.unsure
        refreshed = refresh(
            prior,
            self._lanes(request),
            self.sessions,
            covers=scope.covers if request.refreshing else unsure.__contains__,
            unsure=unsure,
            reading=reading,
        )
        self.prepared.diagnostics += refreshed.diagnostics
        failed = has_errors(refreshed.diagnostics)
        return Starting(
            stored=self.state,
            prior=prior,
            refreshed=prior if failed else replace(prior, instances=refreshed.instances),
            drift=with_moves(refreshed.drift, prior, moved.former) if request.refresh_only else refreshed.drift,
            former=moved.former,
            unsure=unsure,
        )

    def _lanes(self, request: Request) -> frozenset[Lane]:
        """Those to look at even where state has nothing; a host that is not meant need not be reachable."""
        if request.destroy or request.refresh_only or request.narrowed or not request.refreshing:
            return frozenset()
        return configured_lanes(self.prepared.configuration, self.prepared.inputs, self.plugins)

    def apply(
        self,
        plan: Plan,
        store: StateStore,
        *,
        listener: Listener,
        stop: Stop,
        parallelism: int,
        rollback: bool = False,
    ) -> Result:
        """Carry ``plan`` out and save the state. ``rollback``: after a failure, undo what was done. Raises
        `DiagnosticError` when nothing could be begun.
        """
        prepared, stored = self.prepared, self.state
        resolver = Resolver(plan, prepared.modules, prepared.dependencies, prepared.inputs, self.plugins, self.sessions)
        if self.recovered.unsaved:
            # The journal that has these objects goes as soon as this run writes its own.
            stored = stored.next(instances=stored.instances, outputs=stored.outputs, hosts=stored.hosts)
            store.save(stored)
        with Journal(store.journal, head(stored.lineage, plan.hosts, store.digest), store.seal) as journal:
            saver = Saver(stored, partial(store.save, announce=journal.saving), plan.hosts)

            def execute(plan: Plan, standing: Standing) -> Result:
                executor = Executor(
                    plan,
                    standing,
                    self.sessions,
                    journal,
                    resolve=resolver.resolve,
                    confirm=resolver.confirm,
                    checkpoint=saver.checkpoint,
                    listener=listener,
                    stop=stop,
                    parallelism=parallelism,
                )
                stop.rescue = lambda: saver.save(executor.known_now(), stored.outputs)
                return executor.run()

            standing = at_first(plan)
            journal.moved(moves(stored.instances, standing))
            result = execute(plan, standing)
            if rollback and result.failed and not result.interrupted:
                unread = look_again(result.failed, plan, standing, self.sessions)
                tried = (*result.done, *result.failed)
                back = inverse(plan, stored.instances, standing, tried, self.sessions)
                result = Rollback(back, unread, journal, execute, listener).carry_out(result, standing)
                result, checks = replace(result, outputs=stored.outputs), stored.checks
            else:
                result = self._with_outputs(plan, resolver, result, standing)
                checks = final_checks(plan, resolver.checks, result)
            try:
                saver.save(result.instances, result.outputs, checks)
            except DiagnosticError as problem:
                journal.keep()
                result = replace(result, unsaved=True, diagnostics=(*result.diagnostics, *problem.diagnostics))
        return result

    def _with_outputs(self, plan: Plan, resolver: Resolver, result: Result, standing: Standing) -> Result:
        found: list[Diagnostic] = []
        kept = {} if plan.destroy and plan.complete else self._outputs(plan, resolver, result, standing, found)
        return replace(result, outputs=kept, diagnostics=(*result.diagnostics, *found))

    def _outputs(
        self, plan: Plan, resolver: Resolver, result: Result, standing: Standing, found: list[Diagnostic]
    ) -> Mapping[str, Output]:
        """The outputs to store; after an apply that is not complete, and those that the plan does not cover, stay as
        they were. What is wrong with them now, and with checks, goes to ``found``.
        """
        problems: list[Diagnostic] = []
        changes = plan.outputs if plan.refresh_only else resolver.outputs(standing, problems)
        outputs = final_outputs(changes, self.state.outputs)
        if not result.complete:
            return {**self.state.outputs, **outputs}
        if not plan.complete or plan.refresh_only:
            left = {name: output for name, output in self.state.outputs.items() if name not in plan.outputs}
            found += [] if plan.complete else [applied_in_part()]
            return {**left, **outputs}
        found += problems
        return outputs

    def adopt(self, plan: Plan) -> None:
        """Let references see what a saved ``plan`` planned, as they would after planning here."""
        known = {address: (data.values, data.sensitive) for address, data in plan.data.items()}
        if not plan.complete:
            known |= {address: (one.values, one.sensitive) for address, one in plan.left_alone.items()}
        for address, change in plan.changes.items():
            if change.after is not None:
                known[address] = (change.after, change.sensitive)
        take_in(self.prepared.modules, self.prepared.dependencies, known, self.plugins, complete=plan.complete)


@contextmanager
def started(prepared: Prepared, store: StateStore, plugins: Plugins, *, lineage: str | None = None) -> Iterator[Run]:
    """A run on the state in ``store``, its sessions closed at the end. ``lineage``: of a state not yet there."""
    state = store.load() or new_state(lineage)
    hosts = {**state.hosts, **prepared.inputs.hosts}
    with Sessions(plugins, hosts, prepared.inputs.configurations, state.lineage) as sessions:
        yield Run(
            prepared=prepared,
            plugins=plugins,
            sessions=sessions,
            recovered=recover(store.left_open, state, sessions) if store.left_open else Recovered(state=state),
        )
