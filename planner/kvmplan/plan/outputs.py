"""The outputs of a configuration: their values, and how they change."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan.lang import SENSITIVE, evaluate, is_wholly_known, marks_of, to_plain, type_of_value, unmark_deep
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.model import Action, OutputChange
from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import Diagnostic, error
from kvmplan_sdk.types import ANY
from kvmplan_sdk.values import Value, differences


def plan_outputs(evaluation: Evaluation, prior: State, diagnostics: list[Diagnostic]) -> Mapping[str, OutputChange]:
    """The change of every output, those that state has and the configuration has not included; sorted by name."""
    found: dict[str, OutputChange] = {}
    for name, output in sorted(evaluation.configuration.outputs.items()):
        value = evaluate(output.expression, evaluation.scope(diagnostics))
        if SENSITIVE in marks_of(value) and not output.sensitive:
            diagnostics.append(
                error(
                    "Output refers to sensitive values",
                    f'To show that "{name}" is meant to hold them, add `sensitive = true` to the output.',
                    source=output.range,
                )
            )
        bare, _ = unmark_deep(value)
        before = prior.outputs.get(name)
        after = to_plain(bare)
        found[name] = OutputChange(
            action=_action(before.value if before else None, after, known=is_wholly_known(bare)),
            before=before.value if before else None,
            after=after,
            type=type_of_value(bare),
            sensitive=output.sensitive or bool(before and before.sensitive),
        )
    for name, gone in prior.outputs.items():
        if name not in found:
            found[name] = OutputChange(
                action=Action.DELETE, before=gone.value, after=None, type=ANY, sensitive=gone.sensitive
            )
    return dict(sorted(found.items()))


def _action(before: Value, after: Value, *, known: bool) -> Action:
    if known and not any(True for _ in differences(before, after)):
        return Action.NO_OP
    if before is None:
        return Action.CREATE
    return Action.DELETE if after is None else Action.UPDATE
