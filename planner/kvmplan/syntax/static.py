"""What can be said of an expression without evaluating it: what it refers to, and whether it is a plain reference."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan.syntax.nodes import (
    Binary,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Object,
    Parentheses,
    Relative,
    Splat,
    Template,
    TemplateFor,
    Traversal,
    Tuple,
    Unary,
    Wrapped,
)

Reference = Traversal
"""A name in scope with as many steps as are static, and its place."""

_NOTHING: frozenset[str] = frozenset()


def references(expression: Expression) -> tuple[Reference, ...]:
    """Every reference in ``expression`` to a name from outside it, in source order."""
    found: list[Reference] = []
    waiting: list[tuple[Expression, frozenset[str]]] = [(expression, _NOTHING)]
    while waiting:
        node, local = waiting.pop()
        if type(node) is Traversal:
            if node.root not in local:
                found.append(node)
        elif type(node) is For:
            inner = local | {node.value_name} | ({node.key_name} if node.key_name else _NOTHING)
            waiting.extend((part, inner) for part in (node.condition, node.value, node.key) if part is not None)
            waiting.append((node.collection, local))
        else:
            waiting.extend((part, local) for part in reversed(tuple(parts_of(node))))
    return tuple(found)


def parts_of(node: Expression) -> Iterator[Expression]:  # noqa: C901 - one branch per kind of node
    """The expressions directly inside ``node``, in source order."""
    match node:
        case Parentheses(inner=inner) | Wrapped(inner=inner):
            yield inner
        case Template(parts=parts) | Tuple(items=parts) | Call(arguments=parts):
            yield from parts
        case TemplateFor(each=each):
            yield each
        case Relative(base=base):
            yield base
        case Index(base=base, key=key):
            yield from (base, key)
        case Splat(base=base, each=each):
            yield from (base, each)
        case Unary(operand=operand):
            yield operand
        case Binary(left=left, right=right):
            yield from (left, right)
        case Conditional(condition=condition, yes=yes, no=no):
            yield from (condition, yes, no)
        case Object(items=items):
            for item in items:
                yield from (item.key, item.value)
        case For(collection=collection, key=key, value=value, condition=condition):
            yield from (part for part in (collection, key, value, condition) if part is not None)
        case _:
            return


def static_traversal(expression: Expression) -> Reference | None:
    """``expression`` as a plain reference (``depends_on = [a.b]``, ``type = string``), or None."""
    return expression if type(expression) is Traversal else None


def calls(expression: Expression) -> tuple[Call, ...]:
    """Every function call in ``expression``, outer ones first."""
    found: list[Call] = []
    waiting = [expression]
    while waiting:
        node = waiting.pop()
        if type(node) is Call:
            found.append(node)
        waiting.extend(reversed(tuple(parts_of(node))))
    return tuple(found)
