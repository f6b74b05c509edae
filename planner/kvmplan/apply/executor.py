"""The executor: walks the steps of a plan, those that are ready at once, one at a time per lane.

It keeps counters of its own over the plan's edges and re-evaluates nothing, except the inputs that were unknown when
the plan was made.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address
from kvmplan.apply.carry_out import Carried, carry_out
from kvmplan.apply.events import Listener, OperationDone, OperationFailed, StepRunning, StepStarted
from kvmplan.apply.journal import Journal
from kvmplan.apply.result import Result
from kvmplan.lane import Lane
from kvmplan.plan.model import Action, Change, Junction, OperationKey, Plan, PlannedStep
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, has_errors
from kvmplan_sdk.provider import Outcome, Verb

PROGRESS_SECONDS = 10.0

Resolve = Callable[[Address, Mapping[Address, Instance]], Change]
"""The change of an address with inputs that the plan did not know, now that ``instances`` are as they are; these are
another mapping whenever something in them has changed.
"""
Confirm = Callable[[Address, Mapping[Address, Instance]], tuple[Diagnostic, ...]]
"""What the postconditions of an instance say once it is there."""
Save = Callable[[Mapping[Address, Instance]], None]


@dataclass(frozen=True, slots=True)
class _Running:
    step: PlannedStep
    operations: Mapping[OperationKey, Change]
    started: float
    reported: set[OperationKey] = field(default_factory=set)


class Executor:
    """Carries out one plan, once."""

    def __init__(
        self,
        plan: Plan,
        sessions: Sessions,
        journal: Journal,
        *,
        resolve: Resolve,
        confirm: Confirm,
        save: Save,
        listener: Listener,
        stop: threading.Event,
        parallelism: int = 10,
    ) -> None:
        self._plan = plan
        self._sessions = sessions
        self._journal = journal
        self._resolve = resolve
        self._confirm = confirm
        self._save = save
        self._listener = listener
        self._stop = stop
        self._parallelism = parallelism
        self._instances: dict[Address, Instance] = _at_first(plan)
        self._done: list[OperationKey] = []
        self._failed: list[OperationKey] = []
        self._skipped: list[OperationKey] = []
        self._diagnostics: dict[Diagnostic, None] = {}
        self._closed: dict[Junction, bool] = {}
        self._told_at = 0.0

    def run(self) -> Result:
        """Carry the plan out. Raises `DiagnosticError` when the journal or the state can no longer be written."""
        waiting = {step.number: len(step.after) for step in self._plan.steps}
        followers: dict[int, list[int]] = {}
        for step in self._plan.steps:
            for number in step.after:
                followers.setdefault(number, []).append(step.number)
        ready = [step for step in self._plan.steps if not step.after]
        running: dict[Future[list[Carried]], _Running] = {}
        with ThreadPoolExecutor(self._parallelism, thread_name_prefix="kvmplan-step") as pool:
            while ready or running:
                ready = self._start_ready(ready, running, pool)
                for step in self._finished(running, ready):
                    for number in followers.get(step.number, ()):
                        waiting[number] -= 1
                        if waiting[number] == 0:
                            ready.append(self._plan.steps[number - 1])
        return self._result()

    def _start_ready(
        self, ready: list[PlannedStep], running: dict[Future[list[Carried]], _Running], pool: ThreadPoolExecutor
    ) -> list[PlannedStep]:
        """Start what can start; what is left waits for its lane."""
        busy: set[Lane] = {item.step.lane for item in running.values()}
        left = []
        for step in sorted(ready, key=lambda step: step.number):
            if step.lane in busy:
                left.append(step)
                continue
            operations = self._wanted(step)
            future: Future[list[Carried]]
            if operations:
                self._depose(operations)
                self._intend(step, operations)
                self._listener(StepStarted(step, tuple(operations)))
                item = _Running(step, operations, time.monotonic())
                future = pool.submit(self._carry_out, item)
            else:
                item = _Running(step, operations, 0.0)
                future = Future()
                future.set_result([])
            running[future] = item
            busy.add(step.lane)
        return left

    def _intend(self, step: PlannedStep, operations: Mapping[OperationKey, Change]) -> None:
        """Write down what is about to be done to hosts."""
        acts = [(change, key[1]) for key, change in operations.items() if key[1] is not Verb.READ]
        if acts:
            self._journal.intent(step.number, acts, self._plan.hosts)

    def _wanted(self, step: PlannedStep) -> dict[OperationKey, Change]:
        """The operations of a step whose needs were met, with every input known."""
        wanted: dict[OperationKey, Change] = {}
        undone = {*self._failed, *self._skipped}
        for key in step.operations:
            if self._stop.is_set() or self._unmet(key, undone):
                self._skipped.append(key)
                undone.add(key)
                continue
            change = self._plan.change(key[0])
            if key[1] is not Verb.DELETE and change.waits:
                try:
                    change = self._resolve(key[0], self._instances)
                except DiagnosticError as problem:
                    self._settle(key, problem.diagnostics, _Running(step, {}, time.monotonic()))
                    undone.update({key} if has_errors(problem.diagnostics) else ())
                    continue
            wanted[key] = change
        return wanted

    def _depose(self, operations: Mapping[OperationKey, Change]) -> None:
        """Set aside the objects whose successors are about to be created, on disk before anything is done."""
        moving = [change for (_, verb), change in operations.items() if verb is Verb.CREATE and change.deposed]
        moving = [change for change in moving if change.address in self._instances]
        if not moving:
            return
        self._instances = dict(self._instances)
        for change in moving:
            before = self._instances.pop(change.address)
            self._instances[change.predecessor] = replace(before, address=change.predecessor)
        self._save(self._instances)

    def _unmet(self, key: OperationKey, undone: set[OperationKey]) -> bool:
        return any(
            self._unmet_junction(need, undone) if isinstance(need, Junction) else need in undone
            for need in self._plan.needs[key]
        )

    def _unmet_junction(self, junction: Junction, undone: set[OperationKey]) -> bool:
        """Asked only when everything before the junction is settled, so the answer stands."""
        if junction not in self._closed:
            self._closed[junction] = any(need in undone for need in self._plan.needs[junction])
        return self._closed[junction]

    def _carry_out(self, item: _Running) -> list[Carried]:
        def on_outcome(key: OperationKey, outcome: Outcome) -> None:
            item.reported.add(key)
            if not has_errors(outcome.diagnostics):
                self._listener(
                    OperationDone(
                        step=item.step,
                        address=key[0],
                        verb=key[1],
                        seconds=time.monotonic() - item.started,
                        values=outcome.values,
                    )
                )

        lineage = self._plan.prior.lineage
        return carry_out(item.step, item.operations, self._instances, self._sessions, lineage, on_outcome)

    def _finished(
        self, running: dict[Future[list[Carried]], _Running], ready: list[PlannedStep]
    ) -> Iterator[PlannedStep]:
        """Wait for at least one step to end, telling of the slow ones meanwhile; save what the ended ones did.

        Of a step in which one operation failed and others were left untried, the rest is ``ready`` again.
        """
        finished, _ = wait(running, timeout=PROGRESS_SECONDS, return_when=FIRST_COMPLETED)
        for future in finished:
            item = running.pop(future)
            rest = self._record(item, future.result())
            if rest:
                ready.append(replace(item.step, operations=rest))
            else:
                yield item.step
        self._tell(running.values())

    def _tell(self, running: Iterable[_Running]) -> None:
        """Say what takes its time, not more often than it makes sense."""
        now = time.monotonic()
        if now - self._told_at < PROGRESS_SECONDS:
            return
        self._told_at = now
        for item in running:
            left = tuple(key for key in item.operations if key not in item.reported)
            if left and now - item.started >= PROGRESS_SECONDS:
                self._listener(StepRunning(item.step, left, now - item.started))

    def _record(self, item: _Running, carried: list[Carried]) -> tuple[OperationKey, ...]:
        """Take in what came of a step; returns what of it is still to be tried."""
        if not carried:
            return ()
        self._instances = dict(self._instances)
        for one in carried:
            address = one.key[0]
            if one.instance is not None:
                self._instances[address] = one.instance
            elif one.key[1] is not Verb.CREATE:
                self._instances.pop(address, None)
            else:
                self._reinstate(item.operations[one.key])
            if one.untried:
                continue
            unmet = () if one.failed else self._unconfirmed(one, item.operations[one.key])
            self._settle(one.key, (*one.diagnostics, *unmet), item)
        self._save(self._instances)
        self._journal.saved(item.step.number)
        untried = tuple(one.key for one in carried if one.untried)
        if item.reported:
            return untried
        self._skipped += untried
        return ()

    def _reinstate(self, change: Change) -> None:
        """What was set aside for a successor that did not come is what there is."""
        before = self._instances.pop(change.predecessor, None) if change.deposed else None
        if before is not None:
            self._instances[change.address] = replace(before, address=change.address)

    def _unconfirmed(self, one: Carried, change: Change) -> tuple[Diagnostic, ...]:
        if not change.confirms or one.key[1] is Verb.DELETE or one.instance is None:
            return ()
        return self._confirm(one.key[0], self._instances)

    def _settle(self, key: OperationKey, diagnostics: tuple[Diagnostic, ...], item: _Running) -> None:
        if has_errors(diagnostics):
            self._fail(key, diagnostics, item)
        else:
            self._done.append(key)
            self._diagnostics.update(dict.fromkeys(diagnostics))

    def _fail(self, key: OperationKey, diagnostics: tuple[Diagnostic, ...], item: _Running) -> None:
        self._failed.append(key)
        placed = tuple(diagnostic.about(str(key[0])) for diagnostic in diagnostics)
        self._diagnostics.update(dict.fromkeys(placed))
        self._listener(
            OperationFailed(
                step=item.step,
                address=key[0],
                verb=key[1],
                seconds=time.monotonic() - item.started,
                diagnostics=placed,
            )
        )

    def _result(self) -> Result:
        return Result(
            instances=self._instances,
            outputs={},
            done=tuple(self._done),
            failed=tuple(self._failed),
            skipped=tuple(self._skipped),
            diagnostics=tuple(self._diagnostics),
            interrupted=self._stop.is_set() and bool(self._skipped),
        )


def _at_first(plan: Plan) -> dict[Address, Instance]:
    """The instances before anything is done, without what is only to be forgotten."""
    forgotten = {address for address, change in plan.changes.items() if change.action is Action.FORGET}
    kept = {address: one for address, one in plan.refreshed.instances.items() if address not in forgotten}
    return {**kept, **_restated(plan)}


def _restated(plan: Plan) -> Mapping[Address, Instance]:
    """The instances that stay as they are, with what the configuration says of them now: state follows it."""
    return {
        address: replace(
            plan.refreshed.instances[address],
            dependencies=change.dependencies,
            sensitive=change.sensitive,
            schema_version=change.schema_version,
            prevent_destroy=change.prevent_destroy,
            created_first=change.created_first,
            tag="",
        )
        for address, change in plan.changes.items()
        if change.action is Action.NO_OP
    }


__all__ = ["Executor", "Resolve", "Save"]
