"""The executor: walks the steps of a plan, those that are ready at once, one at a time per lane.

It keeps counters of its own over the plan's edges and re-evaluates nothing, except the inputs that were unknown when
the plan was made.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.apply.carry_out import Carried, carry_out
from kvmplan.apply.events import Listener, OperationDone, OperationFailed, StepRunning, StepStarted
from kvmplan.apply.journal import Journal
from kvmplan.apply.result import Result
from kvmplan.plan.model import Change, Junction, Lane, OperationKey, Plan, PlannedStep
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.provider import Outcome, Verb
from kvmplan_sdk.values import is_known

PROGRESS_SECONDS = 10.0

Resolve = Callable[[Address, Mapping[Address, Instance]], Change]
"""The change of an address with inputs that the plan did not know, now that ``instances`` are as they are."""
Save = Callable[[Mapping[Address, Instance]], None]


@dataclass(frozen=True, slots=True)
class _Running:
    step: PlannedStep
    operations: Mapping[OperationKey, Change]
    started: float


class Executor:
    """Carries out one plan, once."""

    def __init__(
        self,
        plan: Plan,
        sessions: Sessions,
        journal: Journal,
        *,
        resolve: Resolve,
        save: Save,
        listener: Listener,
        stop: threading.Event,
        parallelism: int = 10,
    ) -> None:
        self._plan = plan
        self._sessions = sessions
        self._journal = journal
        self._resolve = resolve
        self._save = save
        self._listener = listener
        self._stop = stop
        self._parallelism = parallelism
        self._instances: dict[Address, Instance] = dict(plan.refreshed.instances)
        self._done: list[OperationKey] = []
        self._failed: list[OperationKey] = []
        self._skipped: list[OperationKey] = []
        self._diagnostics: list[Diagnostic] = []

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
            try:
                while ready or running:
                    ready = self._start_ready(ready, running, pool)
                    for step in self._finished(running):
                        for number in followers.get(step.number, ()):
                            waiting[number] -= 1
                            if waiting[number] == 0:
                                ready.append(self._plan.steps[number - 1])
            finally:
                self._stop.set()
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
                self._journal.intent(
                    step.number, [(change, key[1]) for key, change in operations.items()], self._plan.hosts
                )
                self._listener(StepStarted(step, tuple(operations)))
                future = pool.submit(self._carry_out, step, operations)
            else:
                future = Future()
                future.set_result([])
            running[future] = _Running(step, operations, time.monotonic())
            busy.add(step.lane)
        return left

    def _wanted(self, step: PlannedStep) -> dict[OperationKey, Change]:
        """The operations of a step whose needs were met, with every input known."""
        wanted: dict[OperationKey, Change] = {}
        undone = {*self._failed, *self._skipped}
        for key in step.operations:
            if self._stop.is_set() or self._unmet(key, undone):
                self._skipped.append(key)
                undone.add(key)
                continue
            change = self._plan.changes[key[0]]
            if key[1] is not Verb.DELETE and not is_known(change.after):
                try:
                    change = self._resolve(key[0], self._instances)
                except DiagnosticError as problem:
                    self._fail(key, problem.diagnostics)
                    undone.add(key)
                    continue
            wanted[key] = change
        return wanted

    def _unmet(self, key: OperationKey, undone: set[OperationKey]) -> bool:
        return any(
            self._unmet_junction(need, undone) if isinstance(need, Junction) else need in undone
            for need in self._plan.needs[key]
        )

    def _unmet_junction(self, junction: Junction, undone: set[OperationKey]) -> bool:
        return any(need in undone for need in self._plan.needs[junction])

    def _carry_out(self, step: PlannedStep, operations: Mapping[OperationKey, Change]) -> list[Carried]:
        started = time.monotonic()

        def on_outcome(key: OperationKey, outcome: Outcome) -> None:
            if not any(diagnostic.is_error for diagnostic in outcome.diagnostics):
                self._listener(OperationDone(*key, time.monotonic() - started))

        lineage = self._plan.prior.lineage
        return carry_out(step, operations, self._instances, self._sessions, lineage, on_outcome)

    def _finished(self, running: dict[Future[list[Carried]], _Running]) -> list[PlannedStep]:
        """Wait for at least one step to end, telling of the slow ones meanwhile; save what the ended ones did."""
        steps = []
        finished, _ = wait(running, timeout=PROGRESS_SECONDS, return_when=FIRST_COMPLETED)
        for future in finished:
            item = running.pop(future)
            self._record(item, future.result())
            steps.append(item.step)
        now = time.monotonic()
        for item in running.values():
            if now - item.started >= PROGRESS_SECONDS:
                self._listener(StepRunning(item.step, tuple(item.operations), now - item.started))
        return steps

    def _record(self, item: _Running, carried: list[Carried]) -> None:
        if not carried:
            return
        for one in carried:
            address = one.key[0]
            if one.instance is not None:
                self._instances[address] = one.instance
            elif one.key[1] is not Verb.CREATE:
                self._instances.pop(address, None)
            if one.failed:
                self._fail(one.key, one.diagnostics)
            else:
                self._done.append(one.key)
                self._diagnostics += one.diagnostics
        self._save(self._instances)
        self._journal.saved(item.step.number)

    def _fail(self, key: OperationKey, diagnostics: tuple[Diagnostic, ...]) -> None:
        self._failed.append(key)
        placed = tuple(diagnostic.about(str(key[0])) for diagnostic in diagnostics)
        self._diagnostics += [diagnostic for diagnostic in placed if diagnostic not in self._diagnostics]
        self._listener(OperationFailed(*key, placed))

    def _result(self) -> Result:
        return Result(
            instances=self._instances,
            outputs={},
            done=tuple(self._done),
            failed=tuple(self._failed),
            skipped=tuple(self._skipped),
            diagnostics=tuple(self._diagnostics),
            interrupted=bool(self._skipped) and not self._failed,
        )


__all__ = ["Executor", "Resolve", "Save"]
