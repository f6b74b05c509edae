"""``dynamic`` blocks: nested blocks made from the elements of a collection, as in Terraform.

The content sees an object with ``key`` and ``value`` under the iterator's name, which is the block's type unless
``iterator`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from kvmplan.config.shape import Shape, check_shape
from kvmplan.lang import (
    DYNAMIC,
    ObjectValue,
    Scope,
    Value,
    did_you_mean,
    elements,
    evaluate,
    is_null,
    type_of_value,
    unmark,
)
from kvmplan.lang.convert import friendly
from kvmplan.syntax import DYNAMIC_BLOCK, Block, Body, Expression, Reading, static_traversal
from kvmplan_sdk.diagnostics import Diagnostic, error
from kvmplan_sdk.types import ANY, ListType, MapType, ObjectType, SetType, TupleType

SHAPE = Shape(
    required=frozenset({"for_each"}), optional=frozenset({"iterator"}), blocks={"content": Shape(any_argument=True)}
)
_READINGS = {"iterator": Reading.REFERENCE}


@dataclass(frozen=True, slots=True)
class Nested:
    """A nested block, as it is written or made, and what its body sees. Not ``known``: there may be any number."""

    block: Block
    scope: Scope
    known: bool = True

    @property
    def type(self) -> str:
        return self.block.type


def expanded(
    blocks: Sequence[Block], types: frozenset[str], scope: Scope, diagnostics: list[Diagnostic]
) -> list[Nested]:
    """``blocks`` with those in place of ``dynamic`` ones that these make, of the ``types`` there can be."""
    found: list[Nested] = []
    for block in blocks:
        if block.type != DYNAMIC_BLOCK:
            found.append(Nested(block, scope))
        elif len(block.labels) != 1:
            problem = 'A dynamic block has one label, the type of the blocks it makes: dynamic "TYPE" {}'
            diagnostics.append(error("Wrong number of labels", problem, source=block.range))
        elif block.labels[0] not in types:
            diagnostics.append(_unknown_type(block, types))
        else:
            found += _made(block, scope, diagnostics)
    return found


def _unknown_type(block: Block, types: Iterable[str]) -> Diagnostic:
    name, known = block.labels[0], sorted(types)
    hint = did_you_mean(name, known) or f" Known here: {', '.join(known) or 'none'}."
    return error("Unsupported block type", f'There are no "{name}" blocks here.{hint}', source=block.label_ranges[0])


def _made(block: Block, scope: Scope, diagnostics: list[Diagnostic]) -> Iterator[Nested]:
    name = block.labels[0]
    body = block.body.content({"content": ()}, diagnostics, _READINGS)
    problems = [*check_shape("dynamic", body, SHAPE, block.range), *_content_problems(block, body)]
    diagnostics += problems
    iterator = _iterator(body, name, diagnostics)
    if problems or iterator is None:
        return
    made = replace(body.blocks[0], type=name)
    collection = body.attributes["for_each"].expression
    value = _collection(collection, scope, diagnostics)
    if value is None:
        return
    pairs = elements(value)
    if pairs is None:
        yield Nested(made, _inside(scope, iterator, DYNAMIC, DYNAMIC), known=False)
        return
    for key, item in pairs:
        yield Nested(made, _inside(scope, iterator, key, item))


def _inside(scope: Scope, iterator: str, key: Value, value: Value) -> Scope:
    return scope.child({iterator: ObjectValue({"key": key, "value": value})})


def _content_problems(block: Block, body: Body) -> Iterator[Diagnostic]:
    found = [nested for nested in body.blocks if nested.type == "content"]
    if not found:
        problem = 'A dynamic block needs a block "content" with the body of the blocks that it makes.'
        yield error("Missing block", problem, source=block.range)
    for nested in found[1:]:
        yield error("Too many blocks", "A dynamic block has one content block.", source=nested.range)


def _iterator(body: Body, default: str, diagnostics: list[Diagnostic]) -> str | None:
    written = body.attributes.get("iterator")
    if written is None:
        return default
    reference = static_traversal(written.expression)
    if reference is None or reference.steps:
        problem = '"iterator" is a bare name, such as `iterator = port`; the content then has port.key and port.value.'
        diagnostics.append(error("Invalid iterator", problem, source=written.expression.range))
        return None
    return reference.root


def _collection(expression: Expression, scope: Scope, diagnostics: list[Diagnostic]) -> Value:
    """What to iterate over, unmarked; None after an error."""
    value, marks = unmark(evaluate(expression, scope))
    problem = _refusal(value, sensitive=bool(marks))
    if problem is None:
        return value
    diagnostics.append(error("Invalid for_each of a dynamic block", problem, source=expression.range))
    return None


def _refusal(value: Value, *, sensitive: bool) -> str | None:
    if sensitive:
        return (
            "It is sensitive, and how many blocks there are could not be hidden. Iterate over what is not sensitive, "
            "such as keys, or use nonsensitive() where that is safe."
        )
    if is_null(value):
        return "It is null. Use an empty list for no blocks."
    type_ = type_of_value(value)
    if type_ == ANY or isinstance(type_, (ListType, SetType, TupleType, MapType, ObjectType)):
        return None
    return f"It must be a list, a set, a map or an object; this is {friendly(type_)}."


__all__ = ["SHAPE", "Nested", "expanded"]
