"""Evaluating function calls."""

from __future__ import annotations

from dataclasses import replace

from kvmplan.lang.dispatch import Evaluator
from kvmplan.lang.dispatch import eval_node as _eval
from kvmplan.lang.function import Function, FunctionError, Problem, hushed
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import (
    DYNAMIC,
    NO_MARKS,
    ListValue,
    Marks,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_null,
    mark,
    marks_of,
    type_of_value,
    unmark,
)
from kvmplan.syntax.nodes import (
    Call,
    Literal,
)
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.types import ANY, ListType, SetType, TupleType


def _call(node: Call, scope: Scope) -> Value:
    function = scope.function(node.name)
    if isinstance(function, Diagnostic):
        scope.diagnostics.append(function.at(node.source.range(node.start, node.name_end)))
        for argument in node.arguments:
            _eval(argument, scope)
        return DYNAMIC
    if function.special is not None:
        unpacked = _unpacked(node, scope)
        return DYNAMIC if unpacked is None else function.special(unpacked, scope)
    return call_function(function, node, scope)


def _unpacked(node: Call, scope: Scope) -> Call | None:
    """``node`` with each element of an argument that is expanded as an argument, or None if they are not to be had."""
    if not node.expand:
        return node
    last = node.arguments[-1]
    items, marks = _expanded(_eval(last, scope), node, scope) or (None, NO_MARKS)
    if items is None:
        return None
    literals = [Literal(last.source, last.start, last.end, mark(item, marks)) for item in items]  # type: ignore[arg-type]
    return replace(node, arguments=(*node.arguments[:-1], *literals), expand=False)


def call_function(function: Function, node: Call, scope: Scope) -> Value:
    """The result of ``function`` for the arguments of ``node``, evaluated."""
    before = len(scope.diagnostics)
    arguments = [_eval(argument, scope) for argument in node.arguments]
    marks: Marks = NO_MARKS
    if node.expand:
        expanded = _expanded(arguments.pop(), node, scope)
        if expanded is None:
            return DYNAMIC
        items, marks = expanded
        if items is None:
            return mark(DYNAMIC, marks)
        arguments.extend(items)
    if len(scope.diagnostics) > before and any(d.is_error for d in scope.diagnostics[before:]):
        return DYNAMIC
    try:
        return mark(function.call(arguments, scope), marks)
    except (FunctionError, DiagnosticError) as problem:
        secrets = marks.union(*map(marks_of, arguments)) if function.takes(len(arguments)) else NO_MARKS
        _call_problem(node, function.name, hushed(problem, secrets), scope)
        return DYNAMIC


def _expanded(value: Value, node: Call, scope: Scope) -> tuple[list[Value] | None, Marks] | None:
    bare, marks = unmark(value)
    if is_null(bare) or (
        not isinstance(type_of_value(bare), (ListType, SetType, TupleType)) and type_of_value(bare) != ANY
    ):
        problem = "Only a list, set or tuple, and not null, can be expanded with ... into arguments."
        scope.error("Invalid expanding argument value", problem, node.arguments[-1])
        return None
    if isinstance(bare, Unknown):
        return None, marks
    assert isinstance(bare, (ListValue, SetValue, TupleValue))
    return list(bare.items), marks


def _call_problem(node: Call, name: str, problem: Problem, scope: Scope) -> None:
    if isinstance(problem, DiagnosticError):
        scope.diagnostics += (diagnostic.at(node.range) for diagnostic in problem.diagnostics)
    elif problem.argument is not None:
        at = node.arguments[min(problem.argument, len(node.arguments) - 1)] if node.arguments else node
        scope.error("Invalid function argument", f'Invalid value for an argument of "{name}": {problem}.', at)
    else:
        scope.error("Error in function call", f'Call to function "{name}" failed: {problem}.', node)


BY_NODE: dict[type, Evaluator] = {Call: _call}
