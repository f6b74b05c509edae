"""The evaluator: expression and scope to value.

It never raises for what a configuration says: problems go to the scope's diagnostics, the erroneous part becomes an
unknown of unknown type, and evaluation goes on, so that one run finds as many problems as there are.
"""

from __future__ import annotations

from kvmplan.lang.dispatch import EVALUATORS, eval_node
from kvmplan.lang.evaluation import call, comprehension, operation, reference, template
from kvmplan.lang.evaluation.call import call_function
from kvmplan.lang.evaluation.comprehension import elements
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import DYNAMIC, MAX_DEPTH, Value, depth
from kvmplan.syntax.nodes import Expression, Literal, Parentheses, SplatItem, Wrapped

__all__ = ["call_function", "elements", "evaluate"]


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of ``expression``; diagnostics go to ``scope``."""
    try:
        value = eval_node(expression, scope)
        if depth(value) <= MAX_DEPTH:
            return value
        problem = f"A value can have {MAX_DEPTH} levels of lists, maps and objects in each other; this one has more."
    except RecursionError:
        problem = "This expression is nested too deeply. Split it, for example into locals."
    scope.error("Nested too deeply", problem, expression)
    return DYNAMIC


def _literal(node: Literal, scope: Scope) -> Value:
    return node.value


def _inner(node: Parentheses | Wrapped, scope: Scope) -> Value:
    return eval_node(node.inner, scope)


def _splat_item(node: SplatItem, scope: Scope) -> Value:
    return scope.item


for _part in (call, comprehension, operation, reference, template):
    EVALUATORS.update(_part.BY_NODE)
EVALUATORS.update({Literal: _literal, Parentheses: _inner, Wrapped: _inner, SplatItem: _splat_item})
