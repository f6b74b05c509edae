"""An apply that did not do everything: what was done, what was not and why, what is left, and what to do. However much
it is, it stays readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kvmplan.apply.result import Result
from kvmplan.plan.model import OperationKey
from kvmplan.review.brief import MANY, listed
from kvmplan.review.style import PLAIN, Style


def incomplete_text(result: Result, style: Style = PLAIN) -> str:
    """The closing lines of an apply that is not `Result.complete`."""
    lines = [
        _head(result, style) + f" Failed: {len(result.failed)}. Not tried: {len(result.skipped)}.",
        *_some("Failed", _sorted(result.failed)),
        *_not_tried(result),
        *_rolled_back(result, style),
        _advice(result),
    ]
    return "\n".join(lines) + "\n"


def _head(result: Result, style: Style) -> str:
    if result.undone is not None and not result.undone.left:
        return style("Apply failed.", "red", "bold")
    added, changed, destroyed = result.counts()
    title = "Apply interrupted." if result.interrupted and not result.failed else "Apply incomplete."
    return style(title, "red", "bold") + f" Done: {added} added, {changed} changed, {destroyed} destroyed."


def _not_tried(result: Result) -> Iterator[str]:
    by_cause: dict[OperationKey | None, list[OperationKey]] = {}
    for key in _sorted(result.skipped):
        by_cause.setdefault(result.because.get(key), []).append(key)
    causes = [*_sorted(cause for cause in by_cause if cause is not None), *([None] if None in by_cause else [])]
    for cause in causes[:MANY]:
        why = f", because {_said(cause)} failed" if cause is not None else ""
        yield f"  Not tried{why}: {listed([_said(key) for key in by_cause[cause]])}"
    if len(causes) > MANY:
        rest = sum(len(by_cause[cause]) for cause in causes[MANY:])
        yield f"  Not tried: {rest} more, because of {len(causes) - MANY} other failures"


def _rolled_back(result: Result, style: Style) -> Iterator[str]:
    if result.undone is None:
        return
    if result.undone.left:
        yield style("Rollback incomplete.", "red", "bold") + f" Not as before: {listed(result.undone.left)}"
    else:
        yield style("Rolled back:", "bold") + " everything is as it was before."


def _advice(result: Result) -> str:
    if result.unsaved:
        return "The state could not be saved. What was done is in the journal, and the next kvmplan takes it in."
    if result.undone is not None and not result.undone.left:
        return "Mend the cause and run `kvmplan apply` again."
    return "What was done is saved. Mend the cause and run `kvmplan apply` again: it goes on from here."


def _some(title: str, keys: Sequence[OperationKey]) -> Iterator[str]:
    for key in keys[:MANY]:
        yield f"  {title}: {_said(key)}"
    if len(keys) > MANY:
        yield f"  {title}: {len(keys) - MANY} more"


def _sorted(keys: Iterable[OperationKey]) -> list[OperationKey]:
    return sorted(keys, key=lambda key: (key[0].sort_key, key[1].value))


def _said(key: OperationKey) -> str:
    return f"{key[1].value} {key[0]}"


__all__ = ["incomplete_text"]
