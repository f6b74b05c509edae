"""Named values: variables, local values, outputs and module calls, evaluated in every instance of their module."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan.config.calls import is_host_argument
from kvmplan.config.model import Variable
from kvmplan.config.variable_values import converted, default_value, marks_of_block, value_or_default
from kvmplan.graph import Node
from kvmplan.lang import (
    DYNAMIC,
    EPHEMERAL,
    Value,
    evaluate,
    mark,
    marks_of,
    unknown,
)
from kvmplan.plan.conditions import judge
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import check_repetition, repetition
from kvmplan.plan.marks import not_ephemeral
from kvmplan.plan.modules import Modules
from kvmplan.syntax import Expression
from kvmplan_sdk.diagnostics import Diagnostic

NAMED = frozenset({"var", "validation", "local", "output", "module"})
"""The kinds of nodes that this is about."""


def evaluate_named(modules: Modules, node: Node, given: Mapping[str, Value], diagnostics: list[Diagnostic]) -> None:
    """Evaluate ``node`` wherever its module is. ``given``: the root module's variables, from outside.

    The same problem of many instances is reported once.
    """
    found: list[Diagnostic] = []
    for evaluation in modules.instances(node.module):
        match node.kind:
            case "var":
                evaluation.variables[node.name] = variable_value(evaluation, node.name, given, found)
            case "validation":
                _check(evaluation, node.name, found)
            case "local":
                evaluate_local(evaluation, node.name, found)
            case "output" if evaluation.parent is not None:
                modules.set_output(evaluation, node.name, output_value(evaluation, node.name, found))
            case "module":
                expand_call(modules, evaluation, node.name, found)
    diagnostics += dict.fromkeys(found)


def evaluate_local(evaluation: Evaluation, name: str, diagnostics: list[Diagnostic]) -> None:
    expression = evaluation.configuration.locals[name].expression
    evaluation.locals[name] = evaluate(expression, evaluation.scope(diagnostics))


def output_value(evaluation: Evaluation, name: str, diagnostics: list[Diagnostic]) -> Value:
    """The value of an output, marked as the output says, its preconditions checked."""
    output = evaluation.configuration.outputs[name]
    judged = judge(output.preconditions, evaluation.scope([]), diagnostics)
    evaluation.judged["output", name] = judged
    diagnostics += judged.errors("Output precondition failed", output.expression.range)
    if judged.failures:
        return DYNAMIC
    value = evaluate(output.expression, evaluation.scope(diagnostics))
    if EPHEMERAL in marks_of(value) and not output.ephemeral:
        diagnostics.append(not_ephemeral(f'The output "{name}"', output.expression.range))
    return mark(value, marks_of_block(output))


def expand_call(
    modules: Modules, evaluation: Evaluation, name: str, diagnostics: list[Diagnostic], *, certain: bool = True
) -> None:
    """Make the instances of a call, as far as they can be told; ``certain``: whether they must be by now."""
    call = evaluation.configuration.calls[name]
    scope = evaluation.scope(diagnostics)
    if call.count is None and call.for_each is None:
        modules.expand(evaluation, name, {None: {}})
    elif certain:
        modules.expand(evaluation, name, repetition(call.count, call.for_each, scope, diagnostics) or {})
    else:
        check_repetition(call.count, call.for_each, scope, diagnostics)
        modules.expand(evaluation, name, None)


def variable_value(
    evaluation: Evaluation, name: str, given: Mapping[str, Value], diagnostics: list[Diagnostic]
) -> Value:
    """The value of a variable: from outside for the root module, else what the call's argument is."""
    variable = evaluation.configuration.variables[name]
    if evaluation.parent is not None:
        return _handed_over(variable, evaluation, evaluation.parent, diagnostics)
    if name not in given:
        return value_or_default(variable, diagnostics)
    return converted(variable, given[name], variable.range, diagnostics)


def _handed_over(
    variable: Variable, evaluation: Evaluation, parent: Evaluation, diagnostics: list[Diagnostic]
) -> Value:
    written = argument(evaluation, parent, variable.name)
    if written is None:
        return unknown(variable.type) if variable.default is None else default_value(variable, diagnostics)
    value = evaluate(written, parent.scope(diagnostics, **evaluation.names))
    if EPHEMERAL in marks_of(value) and not variable.ephemeral:
        diagnostics.append(not_ephemeral(f'The variable "{variable.name}"', written.range))
    return converted(variable, value, written.range, diagnostics)


def argument(evaluation: Evaluation, parent: Evaluation, name: str) -> Expression | None:
    """What the call of ``evaluation``'s module says of a variable."""
    call = parent.configuration.calls[evaluation.module[-1][0]]
    if is_host_argument(call, evaluation.configuration, name):
        return call.host
    return call.arguments[name].expression if name in call.arguments else None


def _check(evaluation: Evaluation, name: str, diagnostics: list[Diagnostic]) -> None:
    """The validation rules of a variable; what is wrong is told where the value comes from."""
    variable = evaluation.configuration.variables[name]
    written = argument(evaluation, evaluation.parent, name) if evaluation.parent is not None else None
    source = variable.range if written is None else written.range
    verdict = judge(variable.validations, evaluation.scope([]), diagnostics)
    evaluation.judged["var", name] = verdict
    diagnostics += verdict.errors("Invalid value for variable", source)


__all__ = [
    "NAMED",
    "argument",
    "evaluate_local",
    "evaluate_named",
    "expand_call",
    "output_value",
    "variable_value",
]
