"""Evaluating operators and conditionals."""

from __future__ import annotations

from kvmplan.lang import operators
from kvmplan.lang.convert import ConversionError, convert, friendly, unify
from kvmplan.lang.dispatch import Evaluator
from kvmplan.lang.dispatch import eval_node as _eval
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import (
    DYNAMIC,
    NOT_NULL,
    Refinement,
    Unknown,
    Value,
    is_null,
    mark,
    null,
    type_of_value,
    unknown,
    unmark,
)
from kvmplan.syntax.nodes import (
    Binary,
    Conditional,
    Expression,
    Unary,
)
from kvmplan.syntax.static import calls, references
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.types import ANY, BOOL, NUMBER, ListType, MapType, SetType, Type


def _unary(node: Unary, scope: Scope) -> Value:
    value = _eval(node.operand, scope)
    try:
        return operators.unary(node.operator, value)
    except operators.OperandError as problem:
        scope.error(problem.summary, problem.detail, node.operand)
        return unknown(BOOL if node.operator == "!" else NUMBER)


def _binary(node: Binary, scope: Scope) -> Value:
    """Long chains lean to the left, so the left spine is walked, not recursed into."""
    spine = [node]
    while type(left_node := spine[-1].left) is Binary:
        spine.append(left_node)
    before = len(scope.diagnostics)
    left = _eval(spine[-1].left, scope)
    for part in reversed(spine):
        left = _operation(part, left, before, scope)
    return left


def _operation(node: Binary, left: Value, before: int, scope: Scope) -> Value:
    operator = node.operator
    if operator in ("&&", "||"):
        return _logical(node, left, before, scope)
    right = _eval(node.right, scope)
    try:
        return operators.binary(operator, left, right)
    except operators.OperandError as problem:
        side = node if problem.operand is None else (node.left, node.right)[problem.operand]
        scope.error(problem.summary, problem.detail, side)
        return unknown(operators.result_type(operator))


def _logical(node: Binary, left: Value, before: int, scope: Scope) -> Value:
    """``&&`` and ``||`` decide on one operand alone where they can; an operand not needed may have errors.

    An operand of the wrong type is a mistake all the same.
    """
    deciding = node.operator == "||"
    apart = scope.apart()
    right = _eval(node.right, apart)
    a, b = (_truth(value, at, node, scope) for at, value in enumerate((left, right)))
    if a is None or b is None:
        scope.diagnostics.extend(apart.diagnostics)
        return Unknown(BOOL)
    first, second, marks = unmark(a)[0], unmark(b)[0], unmark(a)[1] | unmark(b)[1]
    unsure = isinstance(first, Unknown), isinstance(second, Unknown)
    failed = len(scope.diagnostics) > before
    if first is deciding or (
        unsure[0] and second is not deciding and not is_null(second) and not (failed and unsure[1])
    ):
        scope.diagnostics.extend(problem for problem in apart.diagnostics if undeclared(node.right, scope))
        return mark(deciding if first is deciding else Unknown(BOOL, NOT_NULL), marks)
    if second is deciding or (unsure[1] and first is (not deciding)):
        if not undeclared(node.left, scope):
            del scope.diagnostics[before:]
        scope.diagnostics.extend(apart.diagnostics)
        return mark(deciding if second is deciding else Unknown(BOOL, NOT_NULL), marks)
    scope.diagnostics.extend(apart.diagnostics)
    for at, value in enumerate((first, second)):
        if is_null(value):
            problem = operators.no_value(at)
            scope.error(problem.summary, problem.detail, (node.left, node.right)[at])
            return Unknown(BOOL)
    return mark(Unknown(BOOL, NOT_NULL) if any(unsure) else not deciding, marks)


def _truth(value: Value, at: int, node: Binary, scope: Scope) -> Value | None:
    try:
        return operators.suited(value, BOOL, at)
    except operators.OperandError as problem:
        scope.error(problem.summary, problem.detail, (node.left, node.right)[at])
        return None


def undeclared(node: Expression, scope: Scope) -> list[Expression]:
    """References and calls in ``node`` to what is not there: mistakes, whatever the value is for."""
    strangers: list[Expression] = [call for call in calls(node) if isinstance(scope.function(call.name), Diagnostic)]
    return strangers + [found for found in references(node) if not scope.declares(found)]


def _conditional(node: Conditional, scope: Scope) -> Value:
    yes_scope, no_scope = scope.apart(), scope.apart()
    yes, no = _eval(node.yes, yes_scope), _eval(node.no, no_scope)
    type_ = _branch_type(yes, no)
    given = _eval(node.condition, scope)
    condition, marks = unmark(given)
    marks |= unmark(yes)[1] | unmark(no)[1]
    if type_ is None:
        problem = (
            "The true and false results of a conditional need one type, but the true result is "
            f"{_said(yes)} and the false result is {_said(no)}. Convert one of them."
        )
        scope.error("Inconsistent conditional result types", problem, node)
        return DYNAMIC
    if is_null(condition):
        scope.error("Null condition", "The condition is null. It must be true or false.", node.condition)
        return unknown(type_)
    if isinstance(condition, Unknown):
        return mark(_either(yes, no, type_), marks)
    try:
        chosen = unmark(convert(given, BOOL))[0]
    except ConversionError as failure:
        scope.error("Incorrect condition type", f"The condition must be a bool: {failure}.", node.condition)
        return unknown(type_)
    value, chosen_scope = (yes, yes_scope) if chosen else (no, no_scope)
    scope.diagnostics.extend(chosen_scope.diagnostics)
    try:
        return mark(convert(value, type_), marks)
    except ConversionError as failure:
        scope.error(
            "Inconsistent conditional result types", f"The chosen result does not fit the other: {failure}.", node
        )
        return unknown(type_)


def _said(value: Value) -> str:
    return friendly(type_of_value(value))


def _branch_type(yes: Value, no: Value) -> Type | None:
    a, b = unmark(yes)[0], unmark(no)[0]
    if a is None:
        return type_of_value(b)
    if b is None:
        return type_of_value(a)
    types = type_of_value(a), type_of_value(b)
    if types[0] == types[1]:
        return types[0]
    return ANY if ANY in types else unify(types)


def _either(yes: Value, no: Value, type_: Type) -> Value:
    """What is known of a result when the condition is not."""
    a, b = unmark(yes)[0], unmark(no)[0]
    if is_null(a) and is_null(b):
        return null(type_)
    first, second = operators.range_of(a), operators.range_of(b)
    refined = Refinement(not_null=first.not_null and second.not_null)
    if type_of_value(a) == type_of_value(b) == type_ and type_ == NUMBER:
        refined = operators.hull(first, second)
    elif type_of_value(a) == type_of_value(b) == type_ and isinstance(type_, (ListType, SetType, MapType)):
        longest = None
        if first.max_length is not None and second.max_length is not None:
            longest = max(first.max_length, second.max_length)
        refined = Refinement(refined.not_null, min_length=min(first.min_length, second.min_length), max_length=longest)
    return unknown(type_, refined)


BY_NODE: dict[type, Evaluator] = {Unary: _unary, Binary: _binary, Conditional: _conditional}
