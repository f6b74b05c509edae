"""What each top-level block may contain: a table of arguments and nested blocks, and the check of a body against it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Attribute, Block, Body
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error


@dataclass(frozen=True, slots=True)
class Shape:
    labels: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    blocks: frozenset[str] = frozenset()
    open: bool = False
    """Whether more is allowed, to be checked against a provider's schema later."""


META_ARGUMENTS = frozenset({"count", "for_each", "depends_on", "host"})

TOP_LEVEL: dict[str, Shape] = {
    "resource": Shape(("type", "name"), optional=META_ARGUMENTS, blocks=frozenset({"lifecycle"}), open=True),
    "data": Shape(("type", "name"), optional=META_ARGUMENTS, open=True),
    "variable": Shape(
        ("name",),
        optional=frozenset({"type", "default", "description", "sensitive", "nullable"}),
        blocks=frozenset({"validation"}),
    ),
    "output": Shape(("name",), frozenset({"value"}), frozenset({"description", "sensitive", "depends_on"})),
    "locals": Shape(open=True),
    "host": Shape(("name",), frozenset({"address"}), frozenset({"for_each"})),
    "provider": Shape(("name",), open=True),
    "kvmplan": Shape(optional=frozenset({"required_version"})),
}
VALIDATION = Shape(required=frozenset({"condition", "error_message"}))
LIFECYCLE = Shape(optional=frozenset({"prevent_destroy", "ignore_changes"}))


def check_shape(kind: str, body: Body, shape: Shape, where: SourceRange) -> Iterator[Diagnostic]:
    """Missing, unknown and repeated content of a block of ``kind``, whose header is at ``where``."""
    for name in sorted(shape.required - body.attributes.keys()):
        yield error("Missing argument", f'A {kind} block needs the argument "{name}".', source=where)
    if shape.open:
        return
    known = shape.required | shape.optional
    for attribute in body.attributes.values():
        if attribute.name not in known:
            yield unknown_argument(kind, attribute, known, shape.blocks)
    for block in body.blocks:
        if block.type not in shape.blocks:
            yield unknown_block(kind, block, shape.blocks, known)


def unknown_argument(kind: str, attribute: Attribute, known: frozenset[str], blocks: frozenset[str]) -> Diagnostic:
    name = attribute.name
    if name in blocks:
        hint = f' "{name}" is a block: write `{name} {{ ... }}` without the equals sign.'
    else:
        hint = did_you_mean(name, known) or f" Known here: {', '.join(sorted(known)) or 'none'}."
    return error("Unsupported argument", f'A {kind} block has no argument "{name}".{hint}', source=attribute.name_range)


def unknown_block(kind: str, block: Block, blocks: frozenset[str], known: frozenset[str]) -> Diagnostic:
    name = block.type
    if name in known:
        hint = f' "{name}" is an argument: write `{name} = ...`.'
    else:
        hint = did_you_mean(name, blocks) or (f" Known here: {', '.join(sorted(blocks))}." if blocks else "")
    return error("Unsupported block type", f'A {kind} block has no blocks "{name}".{hint}', source=block.type_range)
