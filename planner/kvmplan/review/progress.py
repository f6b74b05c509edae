"""The progress of an apply: lines as it goes on, the line that stands at the bottom of a terminal, and the end."""

from __future__ import annotations

import time
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from kvmplan.addresses import Address
from kvmplan.apply.events import (
    Event,
    Interrupted,
    OperationDone,
    OperationFailed,
    RollbackEnded,
    RollbackStarted,
    StepRunning,
    StepStarted,
)
from kvmplan.apply.result import Result
from kvmplan.plan.model import Action, OperationKey, Plan
from kvmplan.review.columns import cut
from kvmplan.review.failures import incomplete_text
from kvmplan.review.style import PLAIN, Style
from kvmplan_sdk.provider import Verb

_DOING = {Verb.CREATE: "Creating", Verb.UPDATE: "Modifying", Verb.DELETE: "Destroying", Verb.READ: "Reading"}
_DONE = {Verb.CREATE: "Creation", Verb.UPDATE: "Modifications", Verb.DELETE: "Destruction", Verb.READ: "Read"}


def operation_text(event: Event, verb: Verb, *, imports: bool = False) -> str:
    """What happens to one object: ``Creating...``, ``Creation complete after 3s``. ``imports``: it is only taken in."""
    doing, done = ("Importing", "Import") if imports else (_DOING[verb], _DONE[verb])
    match event:
        case StepStarted():
            return f"{doing}..."
        case StepRunning(_, _, seconds):
            return f"Still {doing.lower()}... [{seconds:.0f}s elapsed]"
        case OperationDone(seconds=seconds):
            return f"{done} complete after {seconds:.0f}s"
        case OperationFailed(seconds=seconds):
            return f"{done} failed after {seconds:.0f}s"
        case _:
            return ""


def interrupted_text() -> str:
    return "Interrupt received: finishing what is in flight. Interrupt again to stop at once."


def progress_lines(event: Event, style: Style = PLAIN, imports: Container[Address] = ()) -> Iterator[str]:
    """What to print when ``event`` happens. ``imports``: what is only taken in."""

    def said(key: OperationKey, *codes: str) -> str:
        address, verb = key
        return (
            f"{style(f'{address}:', 'bold')} {style(operation_text(event, verb, imports=address in imports), *codes)}"
        )

    match event:
        case StepStarted(step, operations):
            yield style(f"Step {step.number}: {step.lane}", "dim")
            yield from map(said, operations)
        case StepRunning(_, operations, _):
            yield from map(said, operations)
        case OperationDone(address=address, verb=verb):
            yield said((address, verb))
        case OperationFailed(address=address, verb=verb):
            yield said((address, verb), "red")
        case Interrupted():
            yield ""
            yield interrupted_text()
        case RollbackStarted(steps):
            count = sum(len(step.operations) for step in steps)
            yield ""
            yield style(f"Rolling back: {count} {'operation' if count == 1 else 'operations'} to undo.", "yellow")
        case RollbackEnded():
            pass


@dataclass(slots=True)
class Tally:
    """What is being done and how much of it is done: told of every event, asked for a line at any time. ``imports``:
    what is only taken in.
    """

    total: int
    imports: Container[Address] = ()
    since: float = field(default_factory=time.monotonic)
    done: set[OperationKey] = field(default_factory=set)
    under_way: dict[OperationKey, float] = field(default_factory=dict)

    def take(self, event: Event) -> None:
        match event:
            case StepStarted(_, operations):
                now = time.monotonic()
                self.under_way |= dict.fromkeys(operations, now)
            case OperationDone(address=address, verb=verb) | OperationFailed(address=address, verb=verb):
                self.done.add((address, verb))
                self.under_way.pop((address, verb), None)
            case RollbackStarted(steps):
                self.done, self.under_way = set(), {}
                self.total = sum(len(step.operations) for step in steps)
            case _:
                pass

    def line(self, width: int, now: float) -> str:
        """``2 of 7 done, 12s · libvirt_network.lan: creating, 9s · and 3 more``, the one that takes longest first."""
        waiting = sorted(self.under_way.items(), key=lambda item: item[1])
        head = f"{len(self.done)} of {self.total} done, {_span(now - self.since)}"
        if not waiting:
            return cut(head, width)
        (address, verb), started = waiting[0]
        more = f" · and {len(waiting) - 1} more" if len(waiting) > 1 else ""
        doing = "Importing" if address in self.imports else _DOING[verb]
        tail = f": {doing.lower()}, {_span(now - started)}{more}"
        room = width - len(head) - len(tail) - 3
        return cut(f"{head} · {_short(address, room)}{tail}", width)


def _short(address: Address, room: int) -> str:
    return cut(str(address), max(room, 12))


def _span(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole}s" if whole < 60 else f"{whole // 60}m{whole % 60:02}s"


def summary_text(result: Result, plan: Plan, command: str = "apply") -> str:
    """``Apply complete! Resources: 1 added, 0 changed, 0 destroyed.``: a line that tools around pull requests match.
    After ``kvmplan destroy`` it begins otherwise, but not where a plan to destroy was applied.
    """
    added, changed, destroyed = result.counts(plan)
    if command == "destroy":
        return f"Destroy complete! Resources: {destroyed} destroyed."
    imported = sum(change.imported is not None for change in plan.changes.values())
    forgotten = sum(change.action is Action.FORGET for change in plan.changes.values())
    return (
        "Apply complete! Resources: "
        + (f"{imported} imported, " if imported else "")
        + f"{added} added, {changed} changed, {destroyed} destroyed"
        + (f", {forgotten} forgotten" if forgotten else "")
        + "."
    )


def result_text(result: Result, plan: Plan, style: Style = PLAIN, *, command: str = "apply") -> str:
    """The closing lines: what was done; with a failure, what was not and what to do."""
    if result.complete:
        return style(summary_text(result, plan, command), "green", "bold") + "\n"
    return incomplete_text(result, style)
