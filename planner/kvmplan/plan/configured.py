"""A block's body against a schema: evaluated, converted, validated, and shaped as a provider gets it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kvmplan.config.shape import unknown_argument, unknown_block
from kvmplan.lang import (
    EPHEMERAL,
    ConversionError,
    Scope,
    Value,
    convert,
    evaluate,
    is_null,
    marks_of,
    to_plain_with_marks,
    to_typed,
    unmark_deep,
)
from kvmplan.plan.dynamic import Nested, expanded
from kvmplan.plan.marks import hidden_paths, not_ephemeral
from kvmplan.syntax import DYNAMIC_BLOCK, Body
from kvmplan.syntax import Attribute as WrittenAttribute
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error
from kvmplan_sdk.proposing import Shape, configure
from kvmplan_sdk.schema import Attribute, Block, Nesting
from kvmplan_sdk.types import ANY
from kvmplan_sdk.values import UNKNOWN, Object, Path, format_path, is_known
from kvmplan_sdk.values import Value as Plain


@dataclass(frozen=True, slots=True)
class Configured:
    """``values``: null where nothing is written; ``sensitive``: paths that must not be shown; ``ranges``: where each
    part is written, by path.
    """

    values: Object
    sensitive: tuple[Path, ...]
    ranges: Mapping[Path, SourceRange]


@dataclass(slots=True)
class _Reader:
    """Reads one body; collects what it finds on the way."""

    scope: Scope
    diagnostics: list[Diagnostic]
    kept: bool = True
    sensitive: list[Path] = field(default_factory=list)
    ranges: dict[Path, SourceRange] = field(default_factory=dict)

    def body(self, kind: str, body: Body, shape: Shape, header: SourceRange, at: Path) -> Object:
        body = body.content({**dict.fromkeys(shape.blocks, ()), DYNAMIC_BLOCK: ("type",)}, self.diagnostics)
        made = expanded(body.blocks, frozenset(shape.blocks), self.scope, self.diagnostics)
        self._check_names(kind, body, shape)
        values: dict[str, Plain] = {}
        for name, attribute in shape.attributes.items():
            written = body.attributes.get(name)
            if written is None and attribute.required:
                self.diagnostics.append(
                    error("Missing argument", f'{kind} needs the argument "{name}". {attribute.doc}', source=header)
                )
            values[name] = None if written is None else self._attribute(attribute, written, (*at, name))
        for name, block in shape.blocks.items():
            found = [nested for nested in made if nested.type == name]
            self._check_count(kind, name, block, found, header)
            values[name] = self._blocks(f'A "{name}" block', block, found, header, (*at, name))
        return values

    def _check_names(self, kind: str, body: Body, shape: Shape) -> None:
        name = kind.removeprefix("A ").removeprefix("a ").removesuffix(" block")
        attributes, blocks = frozenset(shape.attributes), frozenset(shape.blocks)
        for attribute in body.attributes.values():
            if attribute.name not in attributes:
                self.diagnostics.append(unknown_argument(name, attribute, attributes, blocks))
        for nested in body.blocks:
            if nested.type not in blocks and nested.type != DYNAMIC_BLOCK:
                self.diagnostics.append(unknown_block(name, nested, blocks, attributes))

    def _check_count(self, kind: str, name: str, block: Block, found: list[Nested], header: SourceRange) -> None:
        if not all(nested.known for nested in found):
            return
        most = 1 if block.nesting in {Nesting.SINGLE, Nesting.GROUP} else block.max_items
        if len(found) < block.min_items:
            least = "one" if block.min_items == 1 else str(block.min_items)
            self.diagnostics.append(
                error("Missing block", f'{kind} needs at least {least} "{name}" block. {block.doc}', source=header)
            )
        if most is not None and len(found) > most:
            self.diagnostics.append(
                error(
                    "Too many blocks", f'{kind} can have {most} "{name}" block(s).', source=found[most].block.type_range
                )
            )

    def _blocks(self, kind: str, block: Block, found: list[Nested], header: SourceRange, at: Path) -> Plain:
        certain = all(nested.known for nested in found)
        reader = self if certain else replace(self, sensitive=[], ranges={})
        single = block.nesting in {Nesting.SINGLE, Nesting.GROUP}
        items = [
            reader._block(kind, block, nested, at if single else (*at, index)) for index, nested in enumerate(found)
        ]
        if not certain:
            return UNKNOWN
        if not single:
            return items
        return items[0] if items else None if block.nesting is Nesting.SINGLE else configure(block, {})

    def _block(self, kind: str, block: Block, nested: Nested, at: Path) -> Plain:
        written = self.ranges[at] = nested.block.range
        inside = self if nested.scope is self.scope else replace(self, scope=nested.scope)
        return inside.body(kind, nested.block.body, block, written, at)

    def _attribute(self, attribute: Attribute, written: WrittenAttribute, at: Path) -> Plain:
        expression = written.expression
        self.ranges[at] = expression.range
        value = evaluate(expression, self.scope)
        try:
            converted = convert(value, attribute.type)
        except ConversionError as problem:
            where = format_path((written.name, *problem.path))
            self.diagnostics.append(error("Wrong type", f'"{where}": {problem.reason}.', source=expression.range))
            return UNKNOWN
        if attribute.required and is_null(converted):
            self.diagnostics.append(
                error(
                    "Missing argument", f'"{written.name}" is required, but its value is null.', source=expression.range
                )
            )
        if attribute.read_only and not is_null(converted):
            self.diagnostics.append(
                error(
                    "Value for a read-only argument",
                    f'"{written.name}" is decided by the provider. Remove it.',
                    source=expression.range,
                )
            )
        if self.kept and EPHEMERAL in marks_of(converted):
            self.diagnostics.append(not_ephemeral(f'The argument "{written.name}"', expression.range))
        plain = self._plain(converted, at)
        if attribute.type == ANY:
            plain = to_typed(unmark_deep(converted)[0])
        self._validate(attribute, plain, written)
        return plain

    def _plain(self, value: Value, at: Path) -> Plain:
        plain, marks = to_plain_with_marks(value)
        self.sensitive += [(*at, *path) for path in hidden_paths(marks)]
        return plain

    def _validate(self, attribute: Attribute, plain: Plain, written: WrittenAttribute) -> None:
        if plain is None or not is_known(plain):
            return
        for validator in attribute.validators:
            wrong = validator(plain)
            if wrong is not None:
                self.diagnostics.append(
                    error(f'Invalid value of "{written.name}"', wrong, source=written.expression.range)
                )


def read_body(
    kind: str,
    body: Body,
    shape: Shape,
    header: SourceRange,
    scope: Scope,
    diagnostics: list[Diagnostic],
    *,
    kept: bool = True,
) -> Configured:
    """Evaluate ``body`` in ``scope``; problems go into ``diagnostics``, and what has one is unknown.

    ``kind`` begins messages: ``libvirt_network.lan``. ``kept``: whether plan and state keep the values, so that none
    may be ephemeral.
    """
    reader = _Reader(scope, diagnostics, kept)
    values = reader.body(kind, body, shape, header, ())
    return Configured(values, tuple(sorted(set(reader.sensitive), key=repr)), reader.ranges)
