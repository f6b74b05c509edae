"""The executor: walks the steps of a plan, those that are ready at once, one at a time per lane.

It keeps counters of its own over the plan's edges and re-evaluates nothing, except the inputs that were unknown when
the plan was made.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from kvmplan.addresses import Address
from kvmplan.apply.carry_out import Carried, carry_out
from kvmplan.apply.events import Listener, OperationDone, OperationFailed, StepRunning, StepStarted
from kvmplan.apply.journal import Journal
from kvmplan.apply.result import Result
from kvmplan.apply.standing import Standing, instance_of
from kvmplan.apply.stopping import Stop
from kvmplan.plan.model import Change, Junction, OperationKey, Plan, PlannedStep
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, has_errors
from kvmplan_sdk.provider import Outcome, Verb

PROGRESS_SECONDS = 10.0

Resolve = Callable[[Address, Standing], Change]
"""The change of an address with inputs that the plan did not know, with everything as it stands now."""
Confirm = Callable[[Address, Standing], tuple[Diagnostic, ...]]
"""What the postconditions of an instance say once it is there."""
Checkpoint = Callable[[Mapping[Address, Instance]], None]
"""Told of what stands whenever something came of a step."""


@dataclass(frozen=True, slots=True)
class _Running:
    step: PlannedStep
    operations: Mapping[OperationKey, Change]
    started: float = field(default_factory=time.monotonic)
    reported: dict[OperationKey, Outcome] = field(default_factory=dict)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started


class Executor:
    """Carries out one plan, once, beginning with what is ``standing``."""

    def __init__(
        self,
        plan: Plan,
        standing: Standing,
        sessions: Sessions,
        journal: Journal,
        *,
        resolve: Resolve,
        confirm: Confirm,
        checkpoint: Checkpoint,
        listener: Listener,
        stop: Stop,
        parallelism: int = 10,
    ) -> None:
        self._plan = plan
        self._sessions = sessions
        self._journal = journal
        self._resolve = resolve
        self._confirm = confirm
        self._checkpoint = checkpoint
        self._listener = listener
        self._stop = stop
        self._parallelism = parallelism
        self._standing = standing
        self._waiting = {step.number: len(step.after) for step in plan.steps}
        self._followers: dict[int, list[PlannedStep]] = {}
        for step in plan.steps:
            for number in step.after:
                self._followers.setdefault(number, []).append(step)
        self._ready = [step for step in plan.steps if not step.after]
        self._running: dict[Future[list[Carried]], _Running] = {}
        self._done: list[OperationKey] = []
        self._failed: dict[OperationKey, None] = {}
        self._skipped: dict[OperationKey, OperationKey | None] = {}
        self._diagnostics: dict[Diagnostic, None] = {}
        self._closed: dict[Junction, OperationKey | None] = {}
        self._journal_lost = False
        self._told_at = 0.0

    def run(self) -> Result:
        """Carry the plan out. When the journal can no longer be written nothing new is begun."""
        with ThreadPoolExecutor(self._parallelism, thread_name_prefix="kvmplan-step") as pool:
            while self._ready or self._running:
                self._start(self._startable(), pool)
                if self._running:
                    self._finish()
        self._commit()
        return Result(
            instances=self._standing.copy(),
            outputs={},
            done=tuple(self._done),
            failed=tuple(self._failed),
            skipped=tuple(self._skipped),
            because={key: cause for key, cause in self._skipped.items() if cause is not None},
            diagnostics=tuple(self._diagnostics),
            interrupted=self._stop.is_set() and bool(self._skipped),
        )

    def known_now(self) -> Mapping[Address, Instance]:
        """What stands, with what providers have reported of the steps that are under way."""
        found = dict(self._standing)
        for item in list(self._running.values()):
            for key, outcome in list(item.reported.items()):
                if outcome.values is not None:
                    found[key[0]] = instance_of(item.operations[key], outcome.values, outcome.private)
                elif key[1] is Verb.DELETE and not has_errors(outcome.diagnostics):
                    found.pop(key[0], None)
        return found

    def _startable(self) -> list[_Running]:
        """The ready steps whose lanes are free, as many as may run at once; they are written ahead."""
        busy = {item.step.lane for item in self._running.values()}
        chosen: list[_Running] = []
        waiting: list[PlannedStep] = []
        queue = sorted(self._ready, key=lambda step: step.number, reverse=True)
        while queue:
            step = queue.pop()
            if step.lane in busy or len(self._running) + len(chosen) >= self._parallelism:
                waiting.append(step)
                continue
            operations = self._wanted(step)
            if not operations:
                queue += self._followed(step)
                continue
            self._depose(operations)
            self._journal.intent({key: change for key, change in operations.items() if key[1] is not Verb.READ})
            chosen.append(_Running(step, operations))
            busy.add(step.lane)
        self._ready = waiting
        return chosen

    def _start(self, chosen: list[_Running], pool: ThreadPoolExecutor) -> None:
        if not self._commit():
            for item in chosen:
                for key, change in item.operations.items():
                    self._skipped[key] = None
                    if key[1] is Verb.CREATE:
                        self._reinstate(change)
                self._ready += self._followed(item.step)
            return
        for item in chosen:
            self._listener(StepStarted(item.step, tuple(item.operations)))
            self._running[pool.submit(self._carry_out, item)] = item

    def _commit(self) -> bool:
        """Have the journal on disk; False when it can no longer be written."""
        if self._journal_lost:
            return False
        try:
            self._journal.commit()
        except DiagnosticError as problem:
            self._journal_lost = True
            self._diagnostics.update(dict.fromkeys(problem.diagnostics))
        return not self._journal_lost

    def _followed(self, step: PlannedStep) -> Iterator[PlannedStep]:
        """The steps that are ready now that ``step`` is settled."""
        for follower in self._followers.get(step.number, ()):
            self._waiting[follower.number] -= 1
            if self._waiting[follower.number] == 0:
                yield follower

    def _wanted(self, step: PlannedStep) -> dict[OperationKey, Change]:
        """The operations of a step whose needs were met, with every input known."""
        wanted: dict[OperationKey, Change] = {}
        for key in step.operations:
            blocker = self._blocker(key)
            if blocker is not None or self._stop.is_set() or self._journal_lost:
                self._skipped[key] = None if blocker is None else self._skipped.get(blocker, blocker)
                continue
            change = self._plan.change(key[0])
            if key[1] is not Verb.DELETE and change.waits:
                try:
                    change = self._resolve(key[0], self._standing)
                except DiagnosticError as problem:
                    self._settle(key, problem.diagnostics, _Running(step, {}))
                    continue
            wanted[key] = change
        return wanted

    def _blocker(self, key: OperationKey) -> OperationKey | None:
        """Something undone that ``key`` needs."""
        for need in self._plan.needs[key]:
            blocker = self._blocker_behind(need) if isinstance(need, Junction) else need
            if blocker is not None and self._is_undone(blocker):
                return blocker
        return None

    def _blocker_behind(self, junction: Junction) -> OperationKey | None:
        """Asked only when everything before the junction is settled, so the answer stands."""
        if junction not in self._closed:
            before = [need for need in self._plan.needs[junction] if not isinstance(need, Junction)]
            self._closed[junction] = next(filter(self._is_undone, before), None)
        return self._closed[junction]

    def _is_undone(self, key: OperationKey) -> bool:
        return key in self._failed or key in self._skipped

    def _depose(self, operations: Mapping[OperationKey, Change]) -> None:
        """Set aside the objects whose successors are about to be created, on disk before anything is done."""
        for (_, verb), change in operations.items():
            before = self._standing.get(change.address)
            if verb is Verb.CREATE and change.deposed and before is not None:
                self._move(change.address, change.predecessor, before)

    def _reinstate(self, change: Change) -> None:
        """What was set aside for a successor that did not come is what there is."""
        before = self._standing.get(change.predecessor) if change.deposed else None
        if before is not None:
            self._move(change.predecessor, change.address, before)

    def _move(self, source: Address, target: Address, instance: Instance) -> None:
        moved = replace(instance, address=target)
        self._standing.put(source, None)
        self._standing.put(target, moved)
        self._journal.moved({source: None, target: moved})

    def _carry_out(self, item: _Running) -> list[Carried]:
        def on_outcome(key: OperationKey, outcome: Outcome) -> None:
            item.reported[key] = outcome
            if not has_errors(outcome.diagnostics):
                self._listener(
                    OperationDone(
                        step=item.step, address=key[0], verb=key[1], seconds=item.seconds, values=outcome.values
                    )
                )

        current = {key[0]: self._standing[key[0]] for key in item.operations if key[0] in self._standing}
        lineage, stopping = self._plan.prior.lineage, self._stop.is_set
        return carry_out(item.step, item.operations, current, self._sessions, lineage, on_outcome, stopping)

    def _finish(self) -> None:
        """Wait for at least one step to end, telling of the slow ones meanwhile; take in what the ended ones did.

        Of a step in which one operation failed and others were left untried, the rest is ready again.
        """
        finished, _ = wait(self._running, timeout=PROGRESS_SECONDS, return_when=FIRST_COMPLETED)
        for future in finished:
            item = self._running[future]
            rest = self._record(item, future.result())
            del self._running[future]
            self._ready += [replace(item.step, operations=rest)] if rest else self._followed(item.step)
        if finished:
            self._checkpoint(self._standing)
        self._tell(self._running.values())

    def _tell(self, running: Iterable[_Running]) -> None:
        """Say what takes its time, not more often than it makes sense."""
        now = time.monotonic()
        if now - self._told_at < PROGRESS_SECONDS:
            return
        self._told_at = now
        for item in running:
            left = tuple(key for key in item.operations if key not in item.reported)
            if left and item.seconds >= PROGRESS_SECONDS:
                self._listener(StepRunning(item.step, left, item.seconds))

    def _record(self, item: _Running, carried: list[Carried]) -> tuple[OperationKey, ...]:
        """Take in what came of a step; returns what of it is still to be tried."""
        self._journal.outcome(
            (one.key, one.instance) for one in carried if one.key[1] is not Verb.READ and not one.in_doubt
        )
        for one in carried:
            if one.instance is None and one.key[1] is Verb.CREATE and not one.in_doubt:
                self._reinstate(item.operations[one.key])
            else:
                self._standing.put(one.key[0], one.instance)
        for one in carried:
            if not one.untried:
                unmet = () if one.failed else self._unconfirmed(one, item.operations[one.key])
                self._settle(one.key, (*one.diagnostics, *unmet), item)
        untried = tuple(one.key for one in carried if one.untried)
        if item.reported:
            return untried
        self._skipped.update(dict.fromkeys(untried, next((one.key for one in carried if one.failed), None)))
        return ()

    def _unconfirmed(self, one: Carried, change: Change) -> tuple[Diagnostic, ...]:
        if not change.confirms or one.key[1] is Verb.DELETE or one.instance is None:
            return ()
        return self._confirm(one.key[0], self._standing)

    def _settle(self, key: OperationKey, diagnostics: tuple[Diagnostic, ...], item: _Running) -> None:
        if has_errors(diagnostics):
            self._fail(key, diagnostics, item)
        else:
            self._done.append(key)
            self._diagnostics.update(dict.fromkeys(diagnostics))

    def _fail(self, key: OperationKey, diagnostics: tuple[Diagnostic, ...], item: _Running) -> None:
        self._failed[key] = None
        placed = tuple(diagnostic.about(str(key[0])) for diagnostic in diagnostics)
        self._diagnostics.update(dict.fromkeys(placed))
        self._listener(
            OperationFailed(step=item.step, address=key[0], verb=key[1], seconds=item.seconds, diagnostics=placed)
        )


__all__ = ["Checkpoint", "Confirm", "Executor", "Resolve"]
