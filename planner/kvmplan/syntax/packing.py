"""A tree as bytes and back, many times faster than parsing: for `kvmplan.syntax.kept`.

The form: a line of JSON (the strings, each once, and how long the rest is), then one byte a node for its kind, arrays
of where nodes start and end, and an array of what else they say, as numbers. Children come before their parents, the
last one first, so a reader takes them from a stack. It reads with suspicion: bytes of any kind give a tree of these
nodes with places inside of the text, or a `ValueError`.

`_FORMS` says what every kind of node consists of; a node that is not in it cannot be packed.
"""

from __future__ import annotations

import json
import sys
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from operator import le
from typing import Any

from kvmplan.syntax.nodes import (
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Literal,
    Node,
    Object,
    ObjectItem,
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
from kvmplan.syntax.source import Source

MOST_NESTING = 800
"""Of blocks; the parser's own stack holds fewer."""
LAYOUT = b"1" + sys.byteorder.encode()
"""Version of the form; it goes into the name of what is stored."""


def pack(body: Body) -> bytes:
    """Raises `ValueError` or `RecursionError` for a tree that has no such form."""
    writer = _Writer()
    writer.node(body)
    strings = list(writer.strings)
    head = json.dumps([strings, len(writer.kinds), len(writer.numbers)], separators=(",", ":"))
    arrays = (writer.starts, writer.ends, writer.numbers)
    return b"".join((head.encode(), b"\n", writer.kinds, *(part.tobytes() for part in arrays)))


def unpack(data: bytes, source: Source) -> Body:
    """The tree of ``source`` that was packed. Raises `ValueError` when ``data`` is nothing of the kind."""
    try:
        return _read(data, source)
    except (ArithmeticError, LookupError, RecursionError, StopIteration, TypeError) as problem:
        raise ValueError(f"not a packed tree: {problem!r}") from problem


@dataclass(slots=True)
class _Writer:
    strings: dict[str, int] = field(default_factory=dict)
    kinds: bytearray = field(default_factory=bytearray)
    starts: array[int] = field(default_factory=lambda: array("I"))
    ends: array[int] = field(default_factory=lambda: array("I"))
    numbers: array[int] = field(default_factory=lambda: array("I"))

    def node(self, node: Node) -> None:
        try:
            kind, inner, rest = _WRITTEN[type(node)]
            for name, parts in inner:
                for part in reversed(parts(getattr(node, name))):
                    self.node(part)
            self.kinds.append(kind)
            self.starts.append(node.start)
            self.ends.append(node.end)
            for name, write in rest:
                write(self, getattr(node, name))
        except (KeyError, OverflowError) as problem:
            raise ValueError(f"{type(node).__name__} cannot be packed: {problem!r}") from problem

    def number(self, value: int) -> None:
        self.numbers.append(value)

    def string(self, value: str) -> None:
        self.numbers.append(self.strings.setdefault(value, len(self.strings)))


class _Reader:
    __slots__ = ("most", "numbers", "stack", "strings")

    def __init__(self, strings: list[str], numbers: Iterator[int], most: int) -> None:
        self.strings, self.numbers, self.most = strings, numbers, most
        self.stack: list[Any] = []

    def string(self) -> str:
        return self.strings[next(self.numbers)]

    def offset(self) -> int:
        found = next(self.numbers)
        if found > self.most:
            raise ValueError("a place outside of the text")
        return found

    def expression(self) -> Expression:
        found = self.stack.pop()
        if not isinstance(found, Expression):
            raise TypeError("an expression is needed here")
        return found

    def several(self, count: int, kind: type) -> list[Any]:
        stack = self.stack
        found = stack[: -count - 1 : -1]
        if len(found) != count or not all(isinstance(part, kind) for part in found):
            raise TypeError("other nodes are needed here")
        if count:
            del stack[-count:]
        return found


def _read(data: bytes, source: Source) -> Body:
    head, newline, _ = data.partition(b"\n")
    strings, nodes, length = json.loads(head)
    if not (type(strings) is list and type(nodes) is type(length) is int and nodes >= 0 and length >= 0):
        raise ValueError("another head is needed")
    if not all(type(string) is str for string in strings):
        raise ValueError("strings are needed")
    at = len(head) + len(newline) + nodes
    kinds = data[at - nodes : at]
    starts, ends, numbers = array("I"), array("I"), array("I")
    for part, count in ((starts, nodes), (ends, nodes), (numbers, length)):
        part.frombytes(data[at : at + count * part.itemsize])
        at += count * part.itemsize
    most = len(source.text)
    if at != len(data) or max(ends, default=0) > most or not all(map(le, starts, ends)):
        raise ValueError("places inside of the text are needed")
    reader = _Reader(strings, iter(numbers), most)
    stack = reader.stack
    for kind, start, end in zip(kinds, starts, ends, strict=True):
        make, fields = _READ[kind]
        made = make(source, start, end, *[read(reader) for read in fields])
        stack.append(made)
    if len(stack) != 1 or type(stack[0]) is not Body or next(reader.numbers, None) is not None:
        raise ValueError("one body is needed")
    _check_nesting(stack[0])
    return stack[0]


def _check_nesting(body: Body) -> None:
    """The parser makes no tree in which blocks are nested so deeply that one could not recurse into them."""
    bodies, depth = [body], 0
    while bodies:
        bodies, depth = [block.body for outer in bodies for block in outer.blocks], depth + 1
        if depth > MOST_NESTING:
            raise ValueError("blocks are nested too deeply")


@dataclass(frozen=True, slots=True)
class _Field:
    """How values of one type are packed: the nodes in them apart, in order, then what else they say."""

    parts: Callable[[Any], Sequence[Node]]
    write: Callable[[_Writer, Any], None]
    read: Callable[[_Reader], Any]


def _none(value: object) -> Sequence[Node]:
    return ()


def _nothing(writer: _Writer, value: object) -> None:
    return


def _write_count(writer: _Writer, values: Sequence[object]) -> None:
    writer.number(len(values))


def _write_optional_string(writer: _Writer, value: str | None) -> None:
    writer.number(value is not None)
    if value is not None:
        writer.string(value)


def _write_strings(writer: _Writer, values: Iterable[str]) -> None:
    values = tuple(values)
    writer.number(len(values))
    for value in values:
        writer.string(value)


def _write_spans(writer: _Writer, spans: Sequence[tuple[int, int]]) -> None:
    writer.number(len(spans))
    for start, end in spans:
        writer.number(start)
        writer.number(end)


def _read_spans(reader: _Reader) -> tuple[tuple[int, int], ...]:
    return tuple([(reader.offset(), reader.offset()) for _ in range(next(reader.numbers))])


def _write_steps(writer: _Writer, steps: Sequence[Step]) -> None:
    writer.number(len(steps))
    for step in steps:
        _write_scalar(writer, step.key)
        writer.number(step.attribute)
        writer.number(step.start)
        writer.number(step.end)


def _read_step(reader: _Reader) -> Step:
    key = _read_scalar(reader)
    attribute = bool(next(reader.numbers))
    if key is None or type(key) is bool or (attribute and type(key) is not str):
        raise ValueError("a step needs a key")
    return Step(key, attribute, reader.offset(), reader.offset())


BINARY_OPERATORS = frozenset({"==", "!=", ">=", "<=", "<", ">", "&&", "||", "+", "-", "*", "/", "%"})
_CONSTANTS = (None, False, True)
_STRING, _INTEGER, _FRACTION = range(len(_CONSTANTS), len(_CONSTANTS) + 3)


def _write_scalar(writer: _Writer, value: str | bool | int | Fraction | None) -> None:
    if type(value) is str:
        writer.number(_STRING)
        writer.string(value)
    elif value is None or type(value) is bool:
        writer.number(_CONSTANTS.index(value))
    elif type(value) is int:
        writer.number(_INTEGER)
        writer.string(f"{value:x}")
    elif type(value) is Fraction:
        writer.number(_FRACTION)
        writer.string(f"{value.numerator:x}/{value.denominator:x}")
    else:
        raise ValueError(f"a {type(value).__name__} cannot be packed")


def _read_scalar(reader: _Reader) -> Any:
    kind = next(reader.numbers)
    if kind < _STRING:
        return _CONSTANTS[kind]
    text = reader.string()
    if kind == _STRING:
        return text
    if kind == _INTEGER:
        return int(text, 16)
    if kind == _FRACTION:
        numerator, denominator = text.split("/")
        return Fraction(int(numerator, 16), int(denominator, 16))
    raise ValueError("an unknown kind of value")


def _read_optional(reader: _Reader) -> Expression | None:
    return reader.expression() if next(reader.numbers) else None


def _item_parts(items: Sequence[ObjectItem]) -> Sequence[Node]:
    return [part for item in items for part in (item.key, item.value)]


def _read_items(reader: _Reader) -> tuple[ObjectItem, ...]:
    found = reader.several(2 * next(reader.numbers), Expression)
    return tuple([ObjectItem(found[at], found[at + 1]) for at in range(0, len(found), 2)])


def _read_attributes(reader: _Reader) -> dict[str, Attribute]:
    return {found.name: found for found in reader.several(next(reader.numbers), Attribute)}


def _read_body(reader: _Reader) -> Body:
    (body,) = reader.several(1, Body)
    return body  # type: ignore[no-any-return]


def _no_rest(writer: _Writer, rest: Body | None) -> None:
    if rest is not None:
        raise ValueError("a body that was told apart cannot be packed")


def _word_of(known: frozenset[str]) -> _Field:
    def read(reader: _Reader) -> str:
        found = reader.string()
        if found not in known:
            raise ValueError("an unknown word")
        return found

    return _Field(_none, _Writer.string, read)


def _block(*found: Any) -> Block:
    made = Block(*found)
    if len(made.labels) != len(made.label_spans):
        raise ValueError("every label has a place")
    return made


_STRING_FIELD = _Field(_none, _Writer.string, _Reader.string)
_OPTIONAL_STRING = _Field(_none, _write_optional_string, lambda r: r.string() if next(r.numbers) else None)
_STRINGS = _Field(_none, _write_strings, lambda r: tuple([r.string() for _ in range(next(r.numbers))]))
_FLAG = _Field(_none, _Writer.number, lambda r: bool(next(r.numbers)))
_OFFSET = _Field(_none, _Writer.number, _Reader.offset)
_SPANS = _Field(_none, _write_spans, _read_spans)
_SCALAR = _Field(_none, _write_scalar, _read_scalar)
_STEPS = _Field(_none, _write_steps, lambda r: tuple([_read_step(r) for _ in range(next(r.numbers))]))
_NODE = _Field(lambda node: (node,), _nothing, _Reader.expression)
_OPTIONAL = _Field(
    lambda node: () if node is None else (node,), lambda w, node: w.number(node is not None), _read_optional
)
_NODES = _Field(lambda nodes: nodes, _write_count, lambda r: tuple(r.several(next(r.numbers), Expression)))
_FOR = _Field(lambda node: (node,), _nothing, lambda r: r.several(1, For)[0])
_ITEMS = _Field(_item_parts, _write_count, _read_items)
_BODY = _Field(lambda body: (body,), _nothing, _read_body)
_ATTRIBUTES = _Field(lambda found: tuple(found.values()), _write_count, _read_attributes)
_BLOCKS = _Field(lambda blocks: blocks, _write_count, lambda r: tuple(r.several(next(r.numbers), Block)))
_REST = _Field(_none, _no_rest, lambda _: None)

_FORMS: dict[type[Node], dict[str, _Field]] = {
    Body: {"attributes": _ATTRIBUTES, "blocks": _BLOCKS, "rest": _REST},
    Attribute: {"name": _STRING_FIELD, "name_end": _OFFSET, "expression": _NODE},
    Block: {"type": _STRING_FIELD, "type_end": _OFFSET, "labels": _STRINGS, "label_spans": _SPANS, "body": _BODY},
    Literal: {"value": _SCALAR},
    Template: {"parts": _NODES},
    Wrapped: {"inner": _NODE},
    TemplateFor: {"each": _FOR},
    Parentheses: {"inner": _NODE},
    Traversal: {"root": _STRING_FIELD, "root_end": _OFFSET, "steps": _STEPS},
    Relative: {"base": _NODE, "steps": _STEPS},
    Index: {"base": _NODE, "key": _NODE},
    SplatItem: {},
    Splat: {"base": _NODE, "each": _NODE, "full": _FLAG},
    Call: {"name": _STRING_FIELD, "name_end": _OFFSET, "arguments": _NODES, "expand": _FLAG},
    Unary: {"operator": _word_of(frozenset("!-")), "operand": _NODE},
    Binary: {"operator": _word_of(BINARY_OPERATORS), "left": _NODE, "right": _NODE},
    Conditional: {"condition": _NODE, "yes": _NODE, "no": _NODE},
    Tuple: {"items": _NODES},
    Object: {"items": _ITEMS},
    For: {
        "key_name": _OPTIONAL_STRING,
        "value_name": _STRING_FIELD,
        "collection": _NODE,
        "key": _OPTIONAL,
        "value": _NODE,
        "condition": _OPTIONAL,
        "group": _FLAG,
    },
}
"""The fields of every kind of node after its place, in the order in which it takes them."""

_WRITTEN = {
    kind: (
        number,
        [(name, field.parts) for name, field in reversed(form.items()) if field.parts is not _none],
        [(name, field.write) for name, field in form.items() if field.write is not _nothing],
    )
    for number, (kind, form) in enumerate(_FORMS.items())
}
_READ: list[tuple[Callable[..., Node], list[Callable[[_Reader], Any]]]] = [
    (_block if kind is Block else kind, [field.read for field in form.values()]) for kind, form in _FORMS.items()
]

__all__ = ["LAYOUT", "pack", "unpack"]
