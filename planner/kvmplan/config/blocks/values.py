"""Named values: ``variable``, ``output``, ``check``."""

from __future__ import annotations

from dataclasses import replace

from kvmplan.config.blocks.arguments import (
    Problems,
    at_most_one,
    check_names,
    conditions,
    expression,
    nested,
)
from kvmplan.config.blocks.literals import literal_bool, literal_string, reference_list
from kvmplan.config.blocks.resources import resource
from kvmplan.config.model import Check, Output, Variable
from kvmplan.lang import NO_DEFAULTS, type_constraint
from kvmplan.syntax import Block
from kvmplan_sdk.diagnostics import error
from kvmplan_sdk.types import ANY, Type

RESERVED = frozenset({"source", "version", "providers", "count", "for_each", "lifecycle", "depends_on", "locals"})
"""What a module block means by these names leaves no room for variables of the same name."""


def variable(block: Block, problems: Problems) -> Variable:
    (name,) = block.labels
    check_names(block, problems)
    if name in RESERVED:
        problems.append(
            error(
                "Reserved variable name",
                f'In a module block, "{name}" has a meaning of its own, so no variable can have it. Choose another.',
                source=block.label_ranges[0],
            )
        )
    attributes = block.body.attributes
    type_: Type = ANY
    defaults = NO_DEFAULTS
    constraint = expression(block, "type")
    if constraint is not None:
        found, defaults, wrong = type_constraint(constraint)
        problems += wrong
        type_ = found or ANY
    return Variable(
        name=name,
        range=block.range,
        type=type_,
        type_defaults=defaults,
        default=expression(block, "default"),
        description=literal_string(attributes.get("description"), "", problems),
        sensitive=literal_bool(attributes.get("sensitive"), problems, default=False),
        ephemeral=literal_bool(attributes.get("ephemeral"), problems, default=False),
        nullable=literal_bool(attributes.get("nullable"), problems, default=True),
        deprecated=literal_string(attributes.get("deprecated"), "", problems),
        validations=conditions(block, "validation", problems, name),
    )


def output(block: Block, problems: Problems) -> Output | None:
    (name,) = block.labels
    check_names(block, problems)
    attributes = block.body.attributes
    value = expression(block, "value")
    description = literal_string(attributes.get("description"), "", problems)
    sensitive = literal_bool(attributes.get("sensitive"), problems, default=False)
    ephemeral = literal_bool(attributes.get("ephemeral"), problems, default=False)
    depends_on = reference_list(attributes.get("depends_on"), problems)
    if value is None:
        return None
    return Output(
        name=name,
        expression=value,
        range=block.range,
        description=description,
        sensitive=sensitive,
        ephemeral=ephemeral,
        depends_on=depends_on,
        preconditions=conditions(block, "precondition", problems),
    )


def check(block: Block, problems: Problems) -> Check:
    (name,) = block.labels
    check_names(block, problems)
    data = at_most_one(block, "data", problems)
    if not nested(block, "assert"):
        problems.append(
            error("Missing block", "A check needs an assert block, with what should be true.", source=block.range)
        )
    return Check(
        name=name,
        range=block.range,
        assertions=conditions(block, "assert", problems),
        data=replace(resource(data, problems), check=name) if data else None,
    )
