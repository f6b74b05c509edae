"""The evaluator: expression and scope to value.

It never raises for what a configuration says: problems go to the scope's diagnostics, the erroneous part becomes an
unknown of unknown type, and evaluation goes on, so that one run finds as many problems as there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from kvmplan.lang import operators
from kvmplan.lang.access import AccessError, attribute, index
from kvmplan.lang.convert import ConversionError, convert, unify
from kvmplan.lang.function import Function, FunctionError
from kvmplan.lang.scope import MISSING, Entry, Missing, Scope
from kvmplan.lang.suggest import did_you_mean
from kvmplan.lang.values import (
    DYNAMIC,
    NO_MARKS,
    ListValue,
    MapValue,
    Marks,
    Null,
    ObjectValue,
    Refinement,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    is_known,
    is_null,
    is_wholly_known,
    mark,
    null,
    type_of_value,
    unknown,
    unmark,
    unmark_deep,
)
from kvmplan.syntax.nodes import (
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Literal,
    Object,
    Parentheses,
    Relative,
    Splat,
    SplatItem,
    Step,
    Template,
    TemplateFor,
    Traversal,
    Tuple,
    Unary,
    Wrapped,
)
from kvmplan.syntax.static import calls, references
from kvmplan.syntax.templates import normalized
from kvmplan_sdk.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, SetType, TupleType, Type


def evaluate(expression: Expression, scope: Scope) -> Value:
    """The value of ``expression``; diagnostics go to ``scope``."""
    try:
        return _EVALUATORS[type(expression)](expression, scope)
    except RecursionError:
        scope.error(
            "Nested too deeply", "This expression is nested too deeply. Split it, for example into locals.", None
        )
        return DYNAMIC


def _eval(node: Expression, scope: Scope) -> Value:
    return _EVALUATORS[type(node)](node, scope)


def _literal(node: Literal, scope: Scope) -> Value:
    return node.value


def _inner(node: Parentheses | Wrapped, scope: Scope) -> Value:
    return _eval(node.inner, scope)


def _splat_item(node: SplatItem, scope: Scope) -> Value:
    return scope.item


# References


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
        value, used = entry(node, scope)
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
        scope.error(problem.summary, problem.detail, node.source.range(step.start, step.end))
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
        scope.error(problem.summary, problem.detail, node.source.range(node.key.start, node.end))
        return DYNAMIC


# Operators


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
    try:
        a = operators.truth(left, 0)
    except operators.OperandError as problem:
        scope.error(problem.summary, problem.detail, node.left)
        a, before = Unknown(BOOL), len(scope.diagnostics)
    apart = scope.apart()
    right = _eval(node.right, apart)
    decided = unmark(a)[0] is deciding and len(scope.diagnostics) == before
    try:
        b = operators.truth(right, 1)
    except operators.OperandError as problem:
        if not decided or not is_null(right):
            apart.error(problem.summary, problem.detail, node.right)
            scope.diagnostics.extend(apart.diagnostics)
        return a if decided else Unknown(BOOL)
    if decided:
        return a
    if unmark(b)[0] is deciding and not apart.diagnostics and not undeclared(node.left, scope):
        del scope.diagnostics[before:]
    elif is_known(a) or len(scope.diagnostics) > before:
        scope.diagnostics.extend(apart.diagnostics)
    return operators.logical(node.operator, a, b)


def undeclared(node: Expression, scope: Scope) -> list[Expression]:
    """References and calls in ``node`` to what is not there: mistakes, whatever the value is for."""
    strangers: list[Expression] = [call for call in calls(node) if scope.function(call.name) is None]
    return strangers + [found for found in references(node) if not scope.declares(found)]


def _conditional(node: Conditional, scope: Scope) -> Value:
    yes_scope, no_scope = scope.apart(), scope.apart()
    yes, no = _eval(node.yes, yes_scope), _eval(node.no, no_scope)
    type_ = _branch_type(yes, no)
    condition, marks = unmark(_eval(node.condition, scope))
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
        if condition.type not in (ANY, BOOL, STRING):
            scope.error("Incorrect condition type", f"The condition is {_said(condition)}, not a bool.", node.condition)
        return mark(_either(yes, no, type_), marks)
    try:
        chosen = unmark(convert(condition, BOOL))[0]
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
    from kvmplan.lang.convert import friendly

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


# Templates


def _template(node: Template, scope: Scope) -> Value:
    parts: list[str] = []
    marks: Marks = NO_MARKS
    prefix: str | None = None
    for part in node.parts:
        if type(part) is Literal and type(part.value) is str:
            parts.append(part.value)
            continue
        value, found = unmark_deep(_eval(part, scope))
        marks |= found
        text = _as_text(value, part, scope)
        if text is None:
            prefix = "".join(parts) if prefix is None else prefix
        else:
            parts.append(text)
    if prefix is not None:
        from kvmplan.lang.text import safe_prefix

        return mark(Unknown(STRING, Refinement(not_null=True, prefix=safe_prefix(normalized(prefix)))), marks)
    return mark(normalized("".join(parts)), marks)


def _as_text(value: Value, part: Expression, scope: Scope) -> str | None:
    if type(value) is str:
        return value
    if is_null(value):
        problem = "The value is null, and null cannot be part of a string. Use coalesce() or a conditional."
        scope.error("Invalid template interpolation value", problem, part)
        return None
    try:
        text = convert(value, STRING)
    except ConversionError as failure:
        problem = f"This value cannot be part of a string: {failure}. Use join() or jsonencode()."
        scope.error("Invalid template interpolation value", problem, part)
        return None
    return text if isinstance(text, str) else None


def _template_for(node: TemplateFor, scope: Scope) -> Value:
    value, marks = unmark(_eval(node.each, scope))
    if not isinstance(value, TupleValue):
        return mark(unknown(STRING), marks)
    parts: list[str] = []
    for item in value.items:
        bare, found = unmark(item)
        marks |= found
        if not isinstance(bare, str):
            return mark(unknown(STRING), marks)
        parts.append(bare)
    return mark(normalized("".join(parts)), marks)


# Collections


def _tuple(node: Tuple, scope: Scope) -> Value:
    return TupleValue([_eval(item, scope) for item in node.items])


def _object(node: Object, scope: Scope) -> Value:
    entries: dict[str, Value] = {}
    marks: Marks = NO_MARKS
    known = True
    for item in node.items:
        value = _eval(item.value, scope)
        if type(item.key) is Literal and type(item.key.value) is str:
            entries[item.key.value] = value
            continue
        if type(item.key) is Traversal:
            problem = f"A key with steps is ambiguous. Write ({item.key.text}) for its value, or quote it."
            scope.error("Ambiguous attribute key", problem, item.key)
            known = False
            continue
        key, found = _object_key(_eval(item.key, scope), item.key, scope)
        marks |= found
        if key is None:
            known = False
        else:
            entries[key] = value
    return mark(ObjectValue(entries) if known else DYNAMIC, marks)


def _object_key(value: Value, node: Expression, scope: Scope) -> tuple[str | None, Marks]:
    """A key as a string, or None where it is unknown or wrong."""
    bare, marks = unmark(value)
    if is_null(bare):
        scope.error("Null value as key", "A null value cannot be a key.", node)
        return None, marks
    try:
        key = convert(bare, STRING)
    except ConversionError as failure:
        scope.error("Incorrect key type", f"This value cannot be a key: {failure}.", node)
        return None, marks
    return (key if isinstance(key, str) else None), marks


def elements(value: Value) -> Iterable[tuple[Value, Value]] | None:
    """Key and value of every element of a known, unmarked value, in order; None if it is no collection."""
    if isinstance(value, (ListValue, TupleValue)):
        return enumerate(value.items)
    if isinstance(value, SetValue):
        return ((item, item) for item in value.items)
    if isinstance(value, (MapValue, ObjectValue)):
        return value.sorted_items()
    return None


def _for(node: For, scope: Scope) -> Value:
    collection, marks = unmark(_eval(node.collection, scope))
    if is_null(collection):
        scope.error("Iteration over null value", "A null value cannot be iterated over.", node.collection)
        return DYNAMIC
    if isinstance(collection, Unknown):
        return _for_unknown(node, collection, marks, scope)
    pairs = elements(collection)
    if pairs is None:
        problem = f"A value of type {type_of_value(collection)} cannot be iterated over; only collections can."
        scope.error("Iteration over non-iterable value", problem, node.collection)
        return DYNAMIC
    return _Loop(node, scope, marks).run(pairs)


def _for_unknown(node: For, collection: Unknown, marks: Marks, scope: Scope) -> Value:
    if collection.type in (STRING, NUMBER, BOOL):
        problem = f"A value of type {collection.type} cannot be iterated over; only collections can."
        scope.error("Iteration over non-iterable value", problem, node.collection)
    return mark(DYNAMIC, marks)


class _Loop:
    """One evaluation of a ``for`` expression."""

    def __init__(self, node: For, scope: Scope, marks: Marks) -> None:
        self._node, self._marks = node, marks
        self._names: dict[str, Any] = {}
        self._scope = scope.child(self._names)
        self._known = True
        self._items: list[Value] = []
        self._entries: dict[str, Value] = {}
        self._groups: dict[str, list[Value]] = {}

    def run(self, pairs: Iterable[tuple[Value, Value]]) -> Value:
        node, names, scope = self._node, self._names, self._scope
        for key, value in pairs:
            if node.key_name:
                names[node.key_name] = key
            names[node.value_name] = value
            if node.condition is not None and not self._wanted(node.condition):
                continue
            if node.key is None:
                self._items.append(_eval(node.value, scope))
            else:
                self._keyed(node.key)
        if not self._known:
            return mark(DYNAMIC, self._marks)
        if node.key is None:
            return mark(TupleValue(self._items), self._marks)
        if node.group:
            self._entries = {key: TupleValue(items) for key, items in self._groups.items()}
        return mark(ObjectValue(self._entries), self._marks)

    def _wanted(self, condition: Expression) -> bool:
        value, marks = unmark(_eval(condition, self._scope))
        self._marks |= marks
        if is_null(value):
            self._fail("Condition is null", "The value of the if clause is null. It must be true or false.", condition)
            return False
        try:
            wanted = convert(value, BOOL)
        except ConversionError as failure:
            self._fail("Invalid 'for' condition", f"The if clause must be a bool: {failure}.", condition)
            return False
        if isinstance(wanted, Unknown):
            self._known = False
        return wanted is True

    def _keyed(self, key_node: Expression) -> None:
        key, marks = _object_key(_eval(key_node, self._scope), key_node, self._scope)
        self._marks |= marks
        value = _eval(self._node.value, self._scope)
        if key is None:
            self._known = False
        elif self._node.group:
            self._groups.setdefault(key, []).append(value)
        elif key in self._entries:
            problem = f'Two elements have the key "{key}". Add ... after the value to gather values of equal keys.'
            shown = problem if not marks else "Two elements have the same key. Add ... after the value to gather them."
            self._fail("Duplicate object key", shown, key_node)
        else:
            self._entries[key] = value

    def _fail(self, summary: str, detail: str, at: Expression) -> None:
        self._scope.error(summary, detail, at)
        self._known = False


def _splat(node: Splat, scope: Scope) -> Value:
    before = len(scope.diagnostics)
    source, marks = unmark(_eval(node.base, scope))
    if len(scope.diagnostics) > before:
        return DYNAMIC
    type_ = type_of_value(source)
    listed = isinstance(type_, (ListType, SetType, TupleType))
    if is_null(source):
        if listed:
            problem = "A null collection has no elements to take. Check for null before."
            scope.error("Splat of null value", problem, node.base)
            return DYNAMIC
        return mark(TupleValue(()), marks)
    if type_ == ANY:
        return mark(DYNAMIC, marks)
    if isinstance(source, Unknown):
        return mark(_splat_unknown(node, source, scope) if listed else _each_unknown(node, source, scope), marks)
    if not isinstance(source, (ListValue, SetValue, TupleValue)):
        return mark(TupleValue([_eval(node.each, scope.with_item(source))]), marks)
    items = [_eval(node.each, scope.with_item(item)) for item in source.items]
    if isinstance(source, TupleValue):
        return mark(TupleValue(items), marks)
    if not items:
        made = _eval(node.each, scope.with_item(unknown(source.element)).apart())
        return mark(ListValue(type_of_value(made), ()), marks)
    element = type_of_value(items[0])
    if any(type_of_value(item) != element for item in items):
        problem = (
            "The elements of a list give values of different types here. Convert the list with tolist() or use for."
        )
        scope.error("Inconsistent splat results", problem, node)
        return DYNAMIC
    return mark(ListValue(element, items), marks)


def _each_unknown(node: Splat, source: Unknown, scope: Scope) -> Value:
    """A single value that may yet be null: no elements or one."""
    made = _eval(node.each, scope.with_item(source))
    return TupleValue([made]) if source.refinement.not_null else DYNAMIC


def _splat_unknown(node: Splat, source: Unknown, scope: Scope) -> Value:
    def each(element: Type) -> Type:
        return type_of_value(_eval(node.each, scope.with_item(unknown(element))))

    type_ = source.type
    if isinstance(type_, TupleType):
        return unknown(TupleType(tuple(map(each, type_.elements))), Refinement(not_null=True))
    assert isinstance(type_, (ListType, SetType))
    lengths = source.refinement
    refined = Refinement(True, min_length=lengths.min_length, max_length=lengths.max_length)
    return unknown(ListType(each(type_.element)), refined)


# Calls


def _call(node: Call, scope: Scope) -> Value:
    function = scope.function(node.name)
    if function is None:
        hint = did_you_mean(node.name, scope.functions)
        at = node.source.range(node.start, node.name_end)
        scope.error("Call to unknown function", f'There is no function named "{node.name}".{hint}', at)
        for argument in node.arguments:
            _eval(argument, scope)
        return DYNAMIC
    if function.special is not None:
        return function.special(node, scope)
    return call_function(function, node, scope)


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
    except FunctionError as problem:
        _call_problem(node, function.name, problem, scope)
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


def _call_problem(node: Call, name: str, problem: FunctionError, scope: Scope) -> None:
    at: Expression = node
    if problem.argument is not None:
        at = node.arguments[min(problem.argument, len(node.arguments) - 1)] if node.arguments else node
        scope.error("Invalid function argument", f'Invalid value for an argument of "{name}": {problem}.', at)
    else:
        scope.error("Error in function call", f'Call to function "{name}" failed: {problem}.', at)


_EVALUATORS: dict[type, Callable[[Any, Scope], Value]] = {
    Literal: _literal,
    Parentheses: _inner,
    Wrapped: _inner,
    SplatItem: _splat_item,
    Traversal: _traversal,
    Relative: _relative,
    Index: _index,
    Unary: _unary,
    Binary: _binary,
    Conditional: _conditional,
    Template: _template,
    TemplateFor: _template_for,
    Tuple: _tuple,
    Object: _object,
    For: _for,
    Splat: _splat,
    Call: _call,
}

__all__ = ["Null", "elements", "evaluate", "is_known", "is_wholly_known"]
