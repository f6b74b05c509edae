"""Conditions: rules of variables, pre- and postconditions, assertions of checks, judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kvmplan.config.model import Condition
from kvmplan.lang import ConversionError, Scope, Value, convert, evaluate, is_known, is_null, unmark, unmark_deep
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error, has_errors
from kvmplan_sdk.types import BOOL, STRING

HIDDEN = "(The message has sensitive values in it, so it is not shown.)"


@dataclass(frozen=True, slots=True)
class Failure:
    condition: Condition
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """``judged``: how many conditions there were; ``undecided``: whether some cannot be told yet; ``broken``: whether
    some could not be evaluated.
    """

    judged: int = 0
    failures: tuple[Failure, ...] = ()
    undecided: bool = False
    broken: bool = False

    @property
    def status(self) -> str:
        """In the words of Terraform's plan representation."""
        return "error" if self.broken else "fail" if self.failures else "unknown" if self.undecided else "pass"

    def errors(self, summary: str, where: SourceRange, address: str | None = None) -> Iterator[Diagnostic]:
        for failure in self.failures:
            detail = f"{failure.message}\nThis was checked by the condition at {failure.condition.range}."
            yield error(summary, detail, source=where, address=address)


def judge(conditions: Iterable[Condition], scope: Scope, diagnostics: list[Diagnostic]) -> Verdict:
    """What becomes of ``conditions`` in ``scope``; what is wrong with themselves goes to ``diagnostics``."""
    failures: list[Failure] = []
    judged = 0
    undecided = broken = False
    for condition in conditions:
        judged += 1
        tried = scope.apart()
        holds = _holds(condition, tried)
        if holds is False:
            failures.append(Failure(condition, _message(condition, tried)))
        diagnostics += tried.diagnostics
        broken = broken or has_errors(tried.diagnostics)
        undecided = undecided or (not isinstance(holds, bool) and not has_errors(tried.diagnostics))
    return Verdict(judged, tuple(failures), undecided, broken)


def _holds(condition: Condition, scope: Scope) -> Value:
    value: Value = unmark(evaluate(condition.condition, scope))[0]
    try:
        value = convert(value, BOOL)
    except ConversionError as problem:
        scope.error("Invalid condition", f"It must be true or false: {problem}.", condition.condition)
        return None
    if is_null(value):
        scope.error("Invalid condition", "It must be true or false, but it is null.", condition.condition)
    return value


def _message(condition: Condition, scope: Scope) -> str:
    value, marks = unmark_deep(evaluate(condition.error_message, scope))
    if marks:
        return HIDDEN
    if not is_known(value):
        return "(The message depends on something that only apply will tell.)"
    try:
        text = convert(value, STRING)
    except ConversionError as problem:
        scope.error("Invalid error message", f"It must be a string: {problem}.", condition.error_message)
        return ""
    return text if isinstance(text, str) else ""
