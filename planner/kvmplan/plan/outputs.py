"""The outputs of the root module: their values, and how they change."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from kvmplan.lang import (
    DYNAMIC,
    EPHEMERAL,
    SENSITIVE,
    evaluate,
    is_wholly_known,
    marks_of,
    to_plain,
    type_of_value,
    unmark_deep,
)
from kvmplan.plan.checks import Checks
from kvmplan.plan.conditions import judge
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.marks import not_ephemeral
from kvmplan.plan.model import Action, OutputChange
from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import Diagnostic, error
from kvmplan_sdk.types import ANY
from kvmplan_sdk.values import Value, differences


def plan_outputs(
    evaluation: Evaluation,
    prior: State,
    diagnostics: list[Diagnostic],
    checks: Checks,
    *,
    only: Collection[str] | None = None,
) -> Mapping[str, OutputChange]:
    """The change of every output, those included that only state has; sorted by name. ``only``: of none but these."""
    found: dict[str, OutputChange] = {}
    for name in sorted(evaluation.configuration.outputs):
        if only is None or name in only:
            found[name] = _output(name, evaluation, prior, diagnostics, checks)
    if only is not None:
        return found
    gone = gone_outputs(prior)
    return dict(sorted({**{name: gone[name] for name in gone.keys() - found.keys()}, **found}.items()))


def gone_outputs(prior: State) -> Mapping[str, OutputChange]:
    """The outputs that state has, all of them going; sorted by name."""
    return {
        name: OutputChange(action=Action.DELETE, before=output.value, after=None, type=ANY, sensitive=output.sensitive)
        for name, output in sorted(prior.outputs.items())
    }


def _output(
    name: str, evaluation: Evaluation, prior: State, diagnostics: list[Diagnostic], checks: Checks
) -> OutputChange:
    output = evaluation.configuration.outputs[name]
    verdict = judge(output.preconditions, evaluation.scope([]), diagnostics)
    checks.note("output", name, verdict)
    diagnostics += verdict.errors("Output precondition failed", output.range)
    value = DYNAMIC if verdict.failures else evaluate(output.expression, evaluation.scope(diagnostics))
    marks = marks_of(value)
    if SENSITIVE in marks and not output.sensitive:
        diagnostics.append(
            error(
                "Output refers to sensitive values",
                f'To show that "{name}" is meant to hold them, add `sensitive = true` to the output.',
                source=output.range,
            )
        )
    if EPHEMERAL in marks or output.ephemeral:
        diagnostics.append(not_ephemeral(f'The output "{name}" of the root module', output.range))
    bare, _ = unmark_deep(value)
    before = prior.outputs.get(name)
    after = to_plain(bare)
    action = _action(before.value if before else None, after, known=is_wholly_known(bare))
    if action is Action.NO_OP and before is not None and before.sensitive is not output.sensitive:
        action = Action.UPDATE
    return OutputChange(
        action=action,
        before=before.value if before else None,
        after=after,
        type=type_of_value(bare),
        sensitive=output.sensitive or bool(before and before.sensitive),
    )


def _action(before: Value, after: Value, *, known: bool) -> Action:
    if known and not any(True for _ in differences(before, after)):
        return Action.NO_OP
    if before is None:
        return Action.CREATE
    return Action.UPDATE
