"""From a kind of node to what evaluates it. `kvmplan.lang.evaluate` fills the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kvmplan.lang.scope import Scope
from kvmplan.lang.values import Value
from kvmplan.syntax.nodes import Expression

Evaluator = Callable[[Any, Scope], Value]
EVALUATORS: dict[type, Evaluator] = {}


def eval_node(node: Expression, scope: Scope) -> Value:
    """The value of ``node``; problems go to the scope."""
    return EVALUATORS[type(node)](node, scope)
