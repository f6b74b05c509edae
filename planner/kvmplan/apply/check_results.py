"""What a run leaves in the state of checks and other conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kvmplan.addresses import parse_address
from kvmplan.apply.result import Result
from kvmplan.plan.checks import Checks
from kvmplan.plan.model import Plan
from kvmplan.state.check_results import CheckResult, sorted_results


def final_checks(plan: Plan, found: Checks, result: Result) -> tuple[CheckResult, ...]:
    """The results to store: what planning and, after it, applying (``found``) saw, and of what ``plan`` does not cover
    those that there were.
    """
    if plan.destroy and plan.complete:
        return ()
    _note_unread(plan, found, result)
    results: dict[tuple[str, str], CheckResult] = {}
    if plan.refresh_only or not plan.complete:
        results = {one.key: one for one in _still_there(plan, result)}
    results |= {one.key: one for one in plan.checks}
    for one in found.results:
        planned = results.get(one.key)
        # A failure stands until more is known: what could not be read may have been left out of what is done.
        if planned is None or one.status != "unknown" or planned.status not in {"fail", "error"}:
            results[one.key] = one
    return sorted_results(results.values())


def _note_unread(plan: Plan, found: Checks, result: Result) -> None:
    """Note what was read for a check by apply alone, and could not be."""
    for problem in result.diagnostics:
        address = parse_address(problem.address or "")
        change = plan.changes.get(address) if address is not None else None
        if change is not None and change.check and change.address not in result.instances:
            found.unread(change.check, change.address.module, [problem])


def _still_there(plan: Plan, result: Result) -> Iterator[CheckResult]:
    """What was stored, of that which is there. A refresh judges no resources, and may have found them changed."""
    for one in plan.prior.checks:
        address = parse_address(one.address) if one.kind == "resource" else None
        if address is None:
            yield one
        elif address.mode == "data" or address in result.instances:
            yield replace(one, status="unknown", messages=()) if plan.refresh_only else one


__all__ = ["final_checks"]
