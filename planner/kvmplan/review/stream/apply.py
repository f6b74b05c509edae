"""An apply as lines: what begins, goes on, ends and fails, and what came of it all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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
from kvmplan.plan.model import OperationKey, Plan, PlannedStep
from kvmplan.review.plan_json import step_json
from kvmplan.review.progress import interrupted_text, operation_text, summary_text
from kvmplan.review.redaction import Redaction
from kvmplan.review.stream.line import Line, identity_json, line, named, resource_json
from kvmplan.state.model import Output
from kvmplan_sdk import types
from kvmplan_sdk.provider import Verb
from kvmplan_sdk.values import Path


def event_lines(event: Event, plan: Plan, redaction: Redaction) -> Iterator[Line]:
    """What to write when ``event`` happens in carrying out ``plan``."""
    match event:
        case StepStarted(step, operations):
            for key in operations:
                yield _operation("apply_start", event, key, step, plan, **_identity_before(key, plan, redaction))
        case StepRunning(step, operations, seconds):
            for key in operations:
                yield _operation("apply_progress", event, key, step, plan, elapsed_seconds=int(seconds))
        case OperationDone(step=step, address=address, verb=verb, seconds=seconds, values=values):
            key, gone = (address, verb), values is None or verb is Verb.DELETE
            identity = {} if gone else identity_json(values or {}, _hidden(address, plan), redaction)
            yield _operation("apply_complete", event, key, step, plan, **identity, elapsed_seconds=int(seconds))
        case OperationFailed(step=step, address=address, verb=verb, seconds=seconds):
            yield _operation("apply_errored", event, (address, verb), step, plan, elapsed_seconds=int(seconds))
        case Interrupted():
            yield line("log", interrupted_text(), level="warn")
        case RollbackStarted(steps):
            yield line("kvmplan_rollback_start", "Rolling back", kvmplan_steps=[step_json(step) for step in steps])
        case RollbackEnded(left):
            yield line("kvmplan_rollback_complete", "Rollback ended", kvmplan_left=[str(address) for address in left])


def _operation(kind: str, event: Event, key: OperationKey, step: PlannedStep, plan: Plan, **more: Any) -> Line:
    address, verb = key
    change = plan.changes.get(address)
    said = operation_text(event, verb, imports=change is not None and change.only_takes_in)
    hook = {
        "resource": resource_json(address),
        "action": verb.value,
        **more,
        "kvmplan_step": step.number,
        "kvmplan_host": step.lane.host,
        "kvmplan_provider": step.lane.provider,
        **({"kvmplan_deposed": address.deposed} if address.deposed else {}),
    }
    return line(kind, f"{address.current}: {said}{named(more)}", hook=hook)


def _identity_before(key: OperationKey, plan: Plan, redaction: Redaction) -> dict[str, Any]:
    address, verb = key
    change = plan.changes.get(address) or plan.changes.get(address.current)
    if verb is Verb.CREATE or change is None or change.before is None:
        return {}
    return identity_json(change.before, change.before_sensitive, redaction)


def _hidden(address: Address, plan: Plan) -> tuple[Path, ...]:
    change = plan.changes.get(address)
    return change.sensitive if change is not None else ()


def result_lines(result: Result, plan: Plan, command: str = "apply") -> Iterator[Line]:
    """What came of it; ``command``: what the user called. Of an apply that is not complete Terraform says nothing; ours
    says what is left to do.
    """
    added, changed, destroyed = result.counts(plan)
    imported = sum(change.imported is not None for change in plan.changes.values())
    numbers = {"add": added, "change": changed, "import": imported, "remove": destroyed}
    if result.complete:
        yield line("change_summary", summary_text(result, plan, command), changes={**numbers, "operation": command})
        if command != "destroy":
            yield outputs_line(result.outputs)
        return
    yield line(
        "kvmplan_incomplete",
        f"Apply incomplete. Failed: {len(result.failed)}. Not tried: {len(result.skipped)}.",
        level="error",
        kvmplan_changes=numbers,
        kvmplan_failed=_operations(result.failed),
        kvmplan_not_tried=_operations(result.skipped),
        kvmplan_interrupted=result.interrupted,
        kvmplan_saved=not result.unsaved,
        kvmplan_rolled_back=result.undone is not None and not result.undone.left,
        **({"kvmplan_not_as_before": list(result.undone.left)} if result.undone is not None else {}),
    )


def _operations(keys: Iterable[OperationKey]) -> list[dict[str, str]]:
    return [{"address": str(address), "action": verb.value} for address, verb in keys]


def outputs_line(outputs: Mapping[str, Output]) -> Line:
    """The values of outputs, without those that are sensitive."""
    told = {
        name: {
            "sensitive": output.sensitive,
            "type": types.to_json(output.type),
            **({} if output.sensitive else {"value": output.value}),
        }
        for name, output in sorted(outputs.items())
    }
    return line("outputs", f"Outputs: {len(told)}", outputs=told)
