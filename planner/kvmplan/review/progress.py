"""The progress of an apply as lines, and its end."""

from __future__ import annotations

from collections.abc import Iterator

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
from kvmplan.review.style import PLAIN, Style
from kvmplan_sdk.provider import Verb

_STARTED = {
    Verb.CREATE: "Creating...",
    Verb.UPDATE: "Modifying...",
    Verb.DELETE: "Destroying...",
    Verb.READ: "Reading...",
}
_RUNNING = {
    Verb.CREATE: "Still creating...",
    Verb.UPDATE: "Still modifying...",
    Verb.DELETE: "Still destroying...",
    Verb.READ: "Still reading...",
}
_DONE = {
    Verb.CREATE: "Creation complete",
    Verb.UPDATE: "Modifications complete",
    Verb.DELETE: "Destruction complete",
    Verb.READ: "Read complete",
}


def progress_lines(event: Event, style: Style = PLAIN) -> Iterator[str]:
    """What to print when ``event`` happens."""
    match event:
        case StepStarted(step, operations):
            yield style(f"Step {step.number}: {step.lane}", "dim")
            for address, verb in operations:
                yield f"{style(f'{address}:', 'bold')} {_STARTED[verb]}"
        case StepRunning(_, operations, seconds):
            for address, verb in operations:
                yield f"{style(f'{address}:', 'bold')} {_RUNNING[verb]} [{seconds:.0f}s elapsed]"
        case OperationDone(address=address, verb=verb, seconds=seconds):
            yield f"{style(f'{address}:', 'bold')} {_DONE[verb]} after {seconds:.0f}s"
        case OperationFailed(address=address, verb=verb):
            yield f"{style(f'{address}:', 'bold')} {style(f'{verb.value} failed', 'red')}"
        case Interrupted():
            yield ""
            yield "Interrupt received: finishing what is in flight. Interrupt again to stop at once."
        case RollbackStarted(steps):
            count = sum(len(step.operations) for step in steps)
            yield ""
            yield style(f"Rolling back: {count} {'operation' if count == 1 else 'operations'} to undo.", "yellow")
        case RollbackEnded():
            pass


def result_text(result: Result, style: Style = PLAIN, *, destroy: bool = False) -> str:
    """The closing lines: what was done; with a failure, what was not and what to do."""
    added, changed, destroyed = result.counts()
    if result.complete:
        word = "Destroy" if destroy else "Apply"
        counted = f"{destroyed} destroyed" if destroy else f"{added} added, {changed} changed, {destroyed} destroyed"
        return style(f"{word} complete! Resources: {counted}.", "green", "bold") + "\n"
    lines = [
        style("Apply incomplete.", "red", "bold")
        + f" Done: {added} added, {changed} changed, {destroyed} destroyed."
        + f" Failed: {len(result.failed)}. Not tried: {len(result.skipped)}.",
    ]
    for title, keys in (("Failed", result.failed), ("Not tried", result.skipped)):
        lines += [f"  {title}: {verb.value} {address}" for address, verb in keys]
    lines.append("What was done is saved. Mend the cause and run `kvmplan apply` again: it goes on from here.")
    return "\n".join(lines) + "\n"
