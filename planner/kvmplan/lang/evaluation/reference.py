"""Evaluating references and steps into values."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan.lang.access import AccessError, attribute, index
from kvmplan.lang.dispatch import Evaluator
from kvmplan.lang.dispatch import eval_node as _eval
from kvmplan.lang.scope import MISSING, Entry, Missing, Resolver, Scope
from kvmplan.lang.suggest import did_you_mean
from kvmplan.lang.values import (
    DYNAMIC,
    Value,
)
from kvmplan.syntax.nodes import (
    Expression,
    Index,
    Relative,
    Step,
    Traversal,
)


def _traversal(node: Traversal, scope: Scope) -> Value:
    found = scope.find(node.root)
    steps = node.steps
    at = 0
    if isinstance(found, Missing):
        hint = did_you_mean(node.root, scope.names())
        scope.error("Unknown variable", f'There is no variable named "{node.root}".{hint}', node)
        return DYNAMIC
    entry: Entry = found
    while isinstance(entry, Mapping):
        if at == len(steps) or not isinstance(steps[at].key, str):
            known = ", ".join(sorted(entry)[:10])
            scope.error("Invalid reference", f'After "{_written(node, at)}" comes a name: {known}.', node)
            return DYNAMIC
        name = str(steps[at].key)
        found = entry.get(name, MISSING)
        if isinstance(found, Missing):
            hint = did_you_mean(name, entry)
            scope.error("Reference to undeclared object", f'There is no "{_written(node, at + 1)}".{hint}', node)
            return DYNAMIC
        entry, at = found, at + 1
    if callable(entry):
        resolve: Resolver = entry  # pyright: ignore[reportAssignmentType] - no value is callable
        value, used = resolve(node, scope)
        at = max(at, used)
    else:
        value = entry
    for step in steps[at:] if at else steps:
        value = _step(value, step, node, scope)
    return value


def _written(node: Traversal, steps: int) -> str:
    end = node.steps[steps - 1].end if steps else node.root_end
    return node.source.text[node.start : end]


def _step(value: Value, step: Step, node: Expression, scope: Scope) -> Value:
    try:
        return attribute(value, step.key) if step.attribute else index(value, step.key)  # type: ignore[arg-type]
    except AccessError as problem:
        scope.error(problem.summary, problem.detail, node.source.range(step.start, step.end), node)
        return DYNAMIC


def _relative(node: Relative, scope: Scope) -> Value:
    value = _eval(node.base, scope)
    for step in node.steps:
        value = _step(value, step, node, scope)
    return value


def _index(node: Index, scope: Scope) -> Value:
    base, key = _eval(node.base, scope), _eval(node.key, scope)
    try:
        return index(base, key)
    except AccessError as problem:
        scope.error(problem.summary, problem.detail, node.source.range(node.key.start, node.end), node)
        return DYNAMIC


BY_NODE: dict[type, Evaluator] = {Traversal: _traversal, Relative: _relative, Index: _index}
