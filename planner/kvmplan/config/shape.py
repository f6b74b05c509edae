"""What each top-level block may contain: a table of arguments and nested blocks; bodies read and checked against it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Attribute, Block, Body, Reading
from kvmplan.syntax.article import with_article
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error


@dataclass(frozen=True, slots=True)
class Shape:
    labels: tuple[str, ...] = ()
    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    blocks: Mapping[str, Shape] = field(default_factory=dict)
    open: bool = False
    """Whether more is allowed, to be checked against a provider's schema later."""
    any_argument: bool = False


REPETITION = frozenset({"count", "for_each", "depends_on", "host"})

READINGS: Mapping[str, Reading] = {
    "type": Reading.EXPRESSION,
    "description": Reading.LITERAL,
    "default": Reading.LITERAL,
    "deprecated": Reading.LITERAL,
    "source": Reading.LITERAL,
    "version": Reading.LITERAL,
    "alias": Reading.LITERAL,
    "required_version": Reading.LITERAL,
    "depends_on": Reading.REFERENCE,
    "host": Reading.REFERENCE,
    "provider": Reading.REFERENCE,
    "providers": Reading.REFERENCE,
    "ignore_changes": Reading.REFERENCE,
    "replace_triggered_by": Reading.REFERENCE,
    "from": Reading.REFERENCE,
    "to": Reading.REFERENCE,
    "keys": Reading.REFERENCE,
    "method": Reading.REFERENCE,
}
"""Arguments whose strings are no templates in JSON syntax, as Terraform has them."""

CONDITION = Shape(required=frozenset({"condition", "error_message"}))
DATA_LIFECYCLE = Shape(blocks={"precondition": CONDITION, "postcondition": CONDITION})
LIFECYCLE = Shape(
    optional=frozenset(
        {"create_before_destroy", "prevent_destroy", "destroy", "ignore_changes", "replace_triggered_by"}
    ),
    blocks=DATA_LIFECYCLE.blocks,
)
DATA = Shape(("type", "name"), optional=REPETITION | {"provider"}, blocks={"lifecycle": DATA_LIFECYCLE}, open=True)

FALLBACK = Shape(required=frozenset({"method"}))
PROTECTED = Shape(
    optional=frozenset({"method", "enforced"}),
    blocks={"fallback": Shape(required=FALLBACK.required, blocks={"fallback": FALLBACK})},
)
ENCRYPTION = Shape(
    blocks={
        "key_provider": Shape(
            ("type", "name"),
            optional=frozenset(
                {
                    "passphrase",
                    "iterations",
                    "key_length",
                    "salt_length",
                    "hash_function",
                    "variable",
                    "path",
                    "command",
                }
            ),
        ),
        "method": Shape(("type", "name"), optional=frozenset({"keys"})),
        "state": PROTECTED,
        "plan": PROTECTED,
    }
)

TOP_LEVEL: dict[str, Shape] = {
    "resource": Shape(("type", "name"), optional=REPETITION | {"provider"}, blocks={"lifecycle": LIFECYCLE}, open=True),
    "data": DATA,
    "variable": Shape(
        ("name",),
        optional=frozenset({"type", "default", "description", "sensitive", "ephemeral", "nullable", "deprecated"}),
        blocks={"validation": CONDITION},
    ),
    "output": Shape(
        ("name",),
        frozenset({"value"}),
        frozenset({"description", "sensitive", "ephemeral", "depends_on"}),
        blocks={"precondition": CONDITION},
    ),
    "locals": Shape(any_argument=True),
    "module": Shape(("name",), frozenset({"source"}), REPETITION | {"version", "providers"}, open=True),
    "host": Shape(("name",), frozenset({"address"}), frozenset({"for_each"})),
    "provider": Shape(("name",), optional=frozenset({"alias", "version"}), open=True),
    "moved": Shape(required=frozenset({"from", "to"})),
    "removed": Shape(required=frozenset({"from"}), blocks={"lifecycle": Shape(required=frozenset({"destroy"}))}),
    "import": Shape(required=frozenset({"to", "id"}), optional=frozenset({"for_each", "provider"})),
    "check": Shape(("name",), blocks={"assert": CONDITION, "data": DATA}),
    "kvmplan": Shape(
        optional=frozenset({"required_version"}),
        blocks={
            "required_providers": Shape(any_argument=True),
            "backend": Shape(("type",), open=True),
            "encryption": ENCRYPTION,
        },
    ),
}


def read_block(block: Block, shape: Shape, problems: list[Diagnostic]) -> Block:
    """``block`` with arguments and blocks told apart, nested ones too, and checked; ``rest`` is for the provider."""
    known = shape.required | shape.optional
    labels = {name: inner.labels for name, inner in shape.blocks.items()}
    readings = {} if shape.any_argument else READINGS
    body = block.body.content(labels, problems, readings, known | labels.keys() if shape.open else None)
    rest = block.body.without(known, labels.keys()) if shape.open else None
    if rest is not None:
        list(rest.expressions(problems))  # so that mistakes in strings are told now
    problems += check_shape(block.type, body, shape, block.range)
    nested = tuple(
        read_block(inner, shape.blocks[inner.type], problems) if inner.type in shape.blocks else inner
        for inner in body.blocks
    )
    return replace(block, body=replace(body, blocks=nested, rest=rest))


def check_shape(kind: str, body: Body, shape: Shape, where: SourceRange) -> Iterator[Diagnostic]:
    """Missing, unknown and repeated content of a block of ``kind``, whose header is at ``where``."""
    for name in sorted(shape.required - body.attributes.keys()):
        yield error("Missing argument", f'{with_article(kind)} block needs the argument "{name}".', source=where)
    if shape.open:
        return
    known, blocks = shape.required | shape.optional, frozenset(shape.blocks)
    for attribute in body.attributes.values():
        if attribute.name not in known and not shape.any_argument:
            yield unknown_argument(kind, attribute, known, blocks)
    for block in body.blocks:
        if block.type not in blocks and not shape.any_argument:
            yield unknown_block(kind, block, blocks, known)


def unknown_argument(kind: str, attribute: Attribute, known: frozenset[str], blocks: frozenset[str]) -> Diagnostic:
    name = attribute.name
    if name in blocks:
        hint = f' "{name}" is a block: write `{name} {{ ... }}` without the equals sign.'
    else:
        hint = did_you_mean(name, known) or f" Known here: {', '.join(sorted(known)) or 'none'}."
    return error(
        "Unsupported argument",
        f'{with_article(kind)} block has no argument "{name}".{hint}',
        source=attribute.name_range,
    )


def unknown_block(kind: str, block: Block, blocks: frozenset[str], known: frozenset[str]) -> Diagnostic:
    name = block.type
    if name in known:
        hint = f' "{name}" is an argument: write `{name} = ...`.'
    else:
        hint = did_you_mean(name, blocks) or (f" Known here: {', '.join(sorted(blocks))}." if blocks else "")
    return error(
        "Unsupported block type", f'{with_article(kind)} block has no blocks "{name}".{hint}', source=block.type_range
    )
