"""Bodies in JSON syntax, after the JSON profile of HCL's specification.

A property is an argument or holds blocks, which only the schema can tell. Blocks are objects in objects by label, or
arrays of them; an array of objects stands for a body too; ``"//"`` is a comment in a body.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field

from kvmplan.syntax.article import with_article
from kvmplan.syntax.json_expression import as_expression
from kvmplan.syntax.json_scanner import (
    JsonArray,
    JsonObject,
    JsonProperty,
    JsonScalar,
    JsonString,
    JsonValue,
    scan_json,
)
from kvmplan.syntax.nodes import (
    DYNAMIC_BLOCK,
    NO_READINGS,
    Attribute,
    Block,
    Body,
    Expression,
    Literal,
    Reading,
    repeated,
    tree_node,
)
from kvmplan.syntax.source import Source
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error

COMMENT = "//"
_BODY = "to define arguments and nested blocks"


def configuration_in(source: Source) -> tuple[Body, list[Diagnostic]]:
    """`kvmplan.syntax.parse_json_configuration` of all of ``source``."""
    value, problems = scan_json(source)
    if value is not None and not isinstance(value, (JsonObject, JsonArray)):
        problems = [_wrong(value, f"An object, or an array of objects, is needed here, {_BODY}.")]
    if value is None or problems:
        return Body(source, 0, 0, {}, ()), problems
    return _body(value), problems


def values_in(source: Source) -> tuple[Body, list[Diagnostic]]:
    """`kvmplan.syntax.parse_json_values` of all of ``source``."""
    value, problems = scan_json(source)
    if value is not None and not isinstance(value, JsonObject):
        problems = [_wrong(value, "An object is needed here, of names and values.")]
    entries = value.properties if isinstance(value, JsonObject) else ()
    attributes: dict[str, Attribute] = {}
    for entry in entries:
        if entry.name.value != COMMENT:
            _add(attributes, entry, Reading.LITERAL, problems)
    return Body(source, 0, len(source.text), attributes, ()), problems


@tree_node
class JsonBlock(Block):
    """A block in JSON syntax; its header is its last label, since other blocks can stand behind the ones before."""

    type_start: int

    @property
    def type_range(self) -> SourceRange:
        return self.source.range(self.type_start, self.type_end)


@tree_node
class JsonBody(Body):
    """``hidden``: names of what does not count."""

    value: JsonValue = field(kw_only=True)
    hidden: Set[str] = field(kw_only=True, default=frozenset())

    def content(
        self,
        blocks: Mapping[str, Sequence[str]],
        problems: list[Diagnostic],
        readings: Mapping[str, Reading] = NO_READINGS,
        only: Set[str] | None = None,
    ) -> Body:
        attributes: dict[str, Attribute] = {}
        found: list[Block] = []
        for entry in self._properties(problems):
            name = entry.name.value
            if only is not None and name not in only:
                continue
            if name in blocks:
                unpacked = _unpacked(entry.name, entry.value, blocks[name], (), problems)
                found += (block for block in unpacked if block.makes not in self.hidden)
            else:
                _add(attributes, entry, readings.get(name, Reading.TEMPLATE), problems)
        return Body(self.source, self.start, self.end, attributes, tuple(found))

    def without(self, attributes: Set[str], blocks: Set[str]) -> Body:
        return _body(self.value, self.hidden | attributes | blocks)

    def names(self) -> frozenset[str]:
        found: set[str] = set()
        for entry in self._properties([]):
            if entry.name.value == DYNAMIC_BLOCK:
                found.update(inner.name.value for inner in _properties(entry.value, "", []))
            else:
                found.add(entry.name.value)
        return frozenset(found - self.hidden)

    def expressions(self, problems: list[Diagnostic]) -> Iterator[Expression]:
        """Every expression, as far as can be told without a schema: all strings are templates."""
        return _inside(self._properties([]), problems, self.hidden)

    def _properties(self, problems: list[Diagnostic]) -> list[JsonProperty]:
        found = _properties(self.value, _BODY, problems)
        return [entry for entry in found if entry.name.value != COMMENT and entry.name.value not in self.hidden]


def _body(value: JsonValue, hidden: Set[str] = frozenset()) -> JsonBody:
    return JsonBody(value.source, value.start, value.end, {}, (), value=value, hidden=hidden)


def _add(attributes: dict[str, Attribute], entry: JsonProperty, reading: Reading, problems: list[Diagnostic]) -> None:
    name = entry.name
    if name.value in attributes:
        first = attributes[name.value].name_range
        problems.append(
            error(
                "Attribute redefined",
                f'The argument "{name.value}" was already set at {first}. Remove one of them.',
                source=name.range,
            )
        )
        return
    before = len(problems)
    expression = as_expression(entry.value, reading, problems)
    if len(problems) > before and reading is Reading.EXPRESSION:
        return
    attributes[name.value] = Attribute(name.source, name.start, entry.value.end, name.value, name.end, expression)


def _properties(value: JsonValue, purpose: str, problems: list[Diagnostic]) -> list[JsonProperty]:
    """The properties of an object, or of all objects of an array; none of null."""
    found: list[JsonProperty] = []
    for item in value.items if isinstance(value, JsonArray) else (value,):
        if isinstance(item, JsonObject):
            found += item.properties
        elif item is not value or not _is_null(item):
            what = "An object, or an array of objects," if item is value else "An object"
            problems.append(_wrong(item, f"{what} is needed here, {purpose}."))
    return found


def _is_null(value: JsonValue) -> bool:
    return isinstance(value, JsonScalar) and value.value is None


def _unpacked(
    type_: JsonString,
    value: JsonValue,
    labels: Sequence[str],
    taken: tuple[JsonString, ...],
    problems: list[Diagnostic],
) -> Iterable[Block]:
    """The blocks of a type in ``value``, in which ``labels`` are still to be found."""
    if not labels:
        yield from _blocks(type_, value, taken, problems)
        return
    found = _properties(value, f"whose property names are the {labels[0]} of each {type_.value} block", problems)
    if not found:
        block = with_article(type_.value)
        wanted = f"{block} block has a label, its {labels[0]}: the name of a property here, which is missing."
        problems.append(error("Missing block label", wanted, source=_opening(value)))
    for entry in found:
        yield from _unpacked(type_, entry.value, labels[1:], (*taken, entry.name), problems)


def _blocks(
    type_: JsonString, value: JsonValue, labels: tuple[JsonString, ...], problems: list[Diagnostic]
) -> Iterator[Block]:
    if _is_null(value):
        return
    if not isinstance(value, (JsonArray, JsonObject)):
        problems.append(_wrong(value, f'An object is needed here, or an array: the content of "{type_.value}" blocks.'))
        return
    header = (labels or (type_,))[-1]
    texts, spans = tuple(label.value for label in labels), tuple((label.start, label.end) for label in labels)
    for item in value.items if isinstance(value, JsonArray) else (value,):
        start, end = (header.start, header.end) if item is value else (item.start, item.start + 1)
        yield JsonBlock(
            type_.source, start, end, type_.value, type_.end, texts, spans, _body(item), type_start=type_.start
        )


def _inside(entries: Iterable[JsonProperty], problems: list[Diagnostic], hidden: Set[str]) -> Iterator[Expression]:
    for entry in entries:
        if entry.name.value == DYNAMIC_BLOCK and isinstance(entry.value, (JsonObject, JsonArray)):
            for made in _properties(entry.value, "", []):
                if made.name.value not in hidden:
                    yield from _repeated(made, problems)
        elif entry.name.value != COMMENT:
            yield from _leaves(entry.value, problems)


def _leaves(value: JsonValue, problems: list[Diagnostic]) -> Iterator[Expression]:
    if isinstance(value, JsonObject):
        for entry in value.properties:
            yield from _leaves(entry.name, problems)
        yield from _inside(value.properties, problems, frozenset())
    elif isinstance(value, JsonArray):
        for item in value.items:
            yield from _leaves(item, problems)
    else:
        expression = as_expression(value, Reading.TEMPLATE, problems)
        if not isinstance(expression, Literal):
            yield expression


def _repeated(made: JsonProperty, problems: list[Diagnostic]) -> Iterator[Expression]:
    """The expressions of the ``dynamic`` blocks that are written under one label."""
    for item in made.value.items if isinstance(made.value, JsonArray) else (made.value,):
        parts = {entry.name.value: entry.value for entry in _properties(item, "", [])}
        iterator = parts.get("iterator")
        name = iterator.value if isinstance(iterator, JsonString) else made.name.value
        collection = parts.get("for_each")
        inner = [leaf for part in ("content",) if part in parts for leaf in _leaves(parts[part], problems)]
        over = as_expression(collection, Reading.TEMPLATE, problems) if collection else None
        yield repeated(made.name, name, over, inner)


def _opening(value: JsonValue) -> SourceRange:
    """Where ``value`` begins: one bracket, or all of what is not nested."""
    nested = isinstance(value, (JsonArray, JsonObject))
    return value.source.range(value.start, value.start + 1 if nested else value.end)


def _wrong(value: JsonValue, detail: str) -> Diagnostic:
    return error("Incorrect JSON value type", detail, source=_opening(value))
