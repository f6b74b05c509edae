"""The tree: frozen, slotted nodes that know their place. Evaluation lives in `kvmplan.lang`.

Nodes are built by the hundred thousand, so they keep offsets into their `Source` and make a `SourceRange` on demand;
they are frozen for the type checkers only, since freezing at run time triples the cost of making one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from types import MappingProxyType
from typing import TypeVar, dataclass_transform

from kvmplan.syntax.source import Source
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange

_C = TypeVar("_C")


@dataclass_transform(frozen_default=True, eq_default=False)
def tree_node(cls: type[_C]) -> type[_C]:
    return dataclass(slots=True, eq=False, repr=True)(cls)


@tree_node
class Node:
    """Text from ``start`` up to ``end`` (offsets) of ``source``."""

    source: Source
    start: int
    end: int

    @property
    def range(self) -> SourceRange:
        return self.source.range(self.start, self.end)

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]


@tree_node
class Expression(Node):
    """Any expression."""


@tree_node
class Literal(Expression):
    """A number, ``true``, ``false``, ``null``, or a string without interpolations."""

    value: str | bool | int | Fraction | None


@tree_node
class Template(Expression):
    """A string with parts that are evaluated; a sole interpolation ``"${x}"`` is a `Wrapped` instead."""

    parts: tuple[Expression, ...]


@tree_node
class Wrapped(Expression):
    """``"${x}"``: the value of ``x`` itself, whatever its type."""

    inner: Expression


@tree_node
class TemplateFor(Expression):
    """``%{ for }``: the strings of ``each``, joined."""

    each: For


@tree_node
class Parentheses(Expression):
    inner: Expression


@tree_node
class Step:
    """One static step of a traversal: ``.name`` (an ``attribute``), ``["name"]`` or ``[0]``."""

    key: str | int | Fraction
    attribute: bool
    start: int
    end: int


@tree_node
class Traversal(Expression):
    """A name in scope and static steps from it: ``var.networks["lan"].ip[0]``. ``root_end``: where the name ends."""

    root: str
    root_end: int
    steps: tuple[Step, ...]


@tree_node
class Relative(Expression):
    """Static steps from the value of any other expression."""

    base: Expression
    steps: tuple[Step, ...]


@tree_node
class Index(Expression):
    """``base[key]`` with a key that must be evaluated."""

    base: Expression
    key: Expression


@tree_node
class SplatItem(Expression):
    """Inside `Splat.each`: the element at hand."""


@tree_node
class Splat(Expression):
    """``base[*]`` (``full``) or ``base.*``: ``each`` is evaluated for every element."""

    base: Expression
    each: Expression
    full: bool


@tree_node
class Call(Expression):
    """A function call. ``expand``: the last argument ends in ``...``; ``name_end``: where the name ends."""

    name: str
    name_end: int
    arguments: tuple[Expression, ...]
    expand: bool


@tree_node
class Unary(Expression):
    operator: str
    operand: Expression


@tree_node
class Binary(Expression):
    operator: str
    left: Expression
    right: Expression


@tree_node
class Conditional(Expression):
    condition: Expression
    yes: Expression
    no: Expression


@tree_node
class Tuple(Expression):
    items: tuple[Expression, ...]


@tree_node
class ObjectItem:
    """``key`` is a `Literal` where a bare name is written."""

    key: Expression
    value: Expression


@tree_node
class Object(Expression):
    items: tuple[ObjectItem, ...]


@tree_node
class For(Expression):
    """``[for key_name, value_name in collection : value if condition]``; an object with ``key``; ``group``: ``...``."""

    key_name: str | None
    value_name: str
    collection: Expression
    key: Expression | None
    value: Expression
    condition: Expression | None
    group: bool


@tree_node
class Attribute(Node):
    """``name = expression``."""

    name: str
    name_end: int
    expression: Expression

    @property
    def name_range(self) -> SourceRange:
        return self.source.range(self.start, self.name_end)


@tree_node
class Block(Node):
    """``type "label" { body }``; ``start`` to ``end`` is the header, without the opening brace."""

    type: str
    type_end: int
    labels: tuple[str, ...]
    label_spans: tuple[tuple[int, int], ...]
    body: Body

    @property
    def type_range(self) -> SourceRange:
        return self.source.range(self.start, self.type_end)

    @property
    def makes(self) -> str:
        """The type of block that this is, or that it makes, being ``dynamic``."""
        return self.labels[0] if self.type == DYNAMIC_BLOCK and self.labels else self.type

    @property
    def label_ranges(self) -> tuple[SourceRange, ...]:
        return tuple(self.source.range(start, end) for start, end in self.label_spans)


class Reading(Enum):
    """What a string of JSON syntax means as an argument's value; native syntax has no need of it."""

    TEMPLATE = "template"
    LITERAL = "literal"
    EXPRESSION = "expression"
    """An expression of the native syntax: a type constraint."""
    REFERENCE = "reference"
    """A plain reference of the native syntax where it is one, else a template."""


NO_READINGS: Mapping[str, Reading] = MappingProxyType({})


@tree_node
class Body(Node):
    """What a file or a block holds.

    In some bodies (JSON, overridden ones) arguments and blocks look alike; there ``attributes`` and ``blocks`` are
    empty, and `content` tells them apart for whoever knows which blocks there can be. ``rest``: what is left for a
    provider's schema to tell apart, where a part of the body was told apart already.
    """

    attributes: dict[str, Attribute]
    blocks: tuple[Block, ...]
    rest: Body | None = None

    def content(
        self,
        blocks: Mapping[str, Sequence[str]],
        problems: list[Diagnostic],
        readings: Mapping[str, Reading] = NO_READINGS,
        only: Set[str] | None = None,
    ) -> Body:
        """The body with blocks of the types in ``blocks`` (which have so many labels, named so), all else arguments.

        ``readings``: of arguments whose strings are not templates. ``only``: names that matter; others may be left
        out. What makes no sense so goes to ``problems``.
        """
        return self

    def without(self, attributes: Set[str], blocks: Set[str]) -> Body:
        """The body less the arguments and blocks of these names, also less ``dynamic`` blocks that make such."""
        kept = {name: value for name, value in self.attributes.items() if name not in attributes}
        nested = tuple(block for block in self.blocks if block.makes not in blocks)
        return Body(self.source, self.start, self.end, kept, nested)

    def names(self) -> frozenset[str]:
        """The arguments that are set here and the types of the blocks."""
        return frozenset(self.attributes) | {block.makes for block in self.blocks}

    def expressions(self, problems: list[Diagnostic]) -> Iterator[Expression]:
        """Every expression in the body, blocks included. A ``dynamic`` block is a ``for`` over its content."""
        for attribute in self.attributes.values():
            yield attribute.expression
        for block in self.blocks:
            if block.type == DYNAMIC_BLOCK and block.labels:
                yield _as_for(block, problems)
            else:
                yield from block.body.expressions(problems)


DYNAMIC_BLOCK = "dynamic"


def _as_for(block: Block, problems: list[Diagnostic]) -> For:
    written = block.body.attributes
    iterator = written["iterator"].expression if "iterator" in written else None
    name = iterator.root if isinstance(iterator, Traversal) else block.labels[0]
    collection = written["for_each"].expression if "for_each" in written else None
    inner = [inner for nested in block.body.blocks for inner in nested.body.expressions(problems)]
    return repeated(block, name, collection, inner)


def repeated(at: Node, name: str, collection: Expression | None, inner: Sequence[Expression]) -> For:
    """A stand-in for a ``dynamic`` block: what ``inner`` refers to, ``name`` being local to it."""
    value = Tuple(at.source, at.start, at.end, tuple(inner))
    collection = collection or Tuple(at.source, at.start, at.end, ())
    return For(at.source, at.start, at.end, None, name, collection, None, value, None, False)
