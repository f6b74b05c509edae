"""What blocks of several families have in common: arguments as expressions, names, conditions."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan.addresses import is_identifier
from kvmplan.config.model import Condition
from kvmplan.syntax import Block, Body, Expression, references
from kvmplan.syntax.article import with_article
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error

Problems = list[Diagnostic]


def expression(block: Block, name: str) -> Expression | None:
    attribute = block.body.attributes.get(name)
    return attribute.expression if attribute else None


def rest(block: Block) -> Body:
    """What a provider's schema, or a module's variables, describe."""
    assert block.body.rest is not None, block.type
    return block.body.rest


def nested(block: Block, type_: str) -> list[Block]:
    return [inner for inner in block.body.blocks if inner.type == type_]


def at_most_one(block: Block, type_: str, problems: Problems) -> Block | None:
    """The nested block of a type that there can be but one of."""
    found = nested(block, type_)
    problems += [
        error(f"Duplicate {type_} block", f"{with_article(block.type)} block can have one.", source=one.type_range)
        for one in found[1:]
    ]
    return found[0] if found else None


def conditions(block: Block | None, type_: str, problems: Problems, about: str = "") -> tuple[Condition, ...]:
    """The nested blocks of a type that are a condition and a message; what they lack was told before. ``about``: the
    variable that the conditions must refer to.
    """
    found = []
    for inner in nested(block, type_) if block else ():
        condition, message = expression(inner, "condition"), expression(inner, "error_message")
        if condition and message:
            problems += _tests_nothing(condition, about)
            found.append(Condition(condition=condition, error_message=message, range=inner.range))
    return tuple(found)


def _tests_nothing(condition: Expression, about: str) -> Iterator[Diagnostic]:
    named = references(condition)
    if about and not any(one.root == "var" and one.steps[:1] and one.steps[0].key == about for one in named):
        yield error(
            "Condition that tests something else",
            f"A condition of this variable must refer to it, as var.{about}: it says which values are good.",
            source=condition.range,
        )
    elif not named:
        yield error(
            "Condition that tests nothing",
            "It refers to nothing, so it always comes out the same. Refer to what should be checked.",
            source=condition.range,
        )


def check_names(block: Block, problems: Problems) -> None:
    for label, where in zip(block.labels, block.label_ranges, strict=True):
        check_name(label, where, problems)


def check_name(name: str, where: SourceRange, problems: Problems) -> None:
    if not is_identifier(name):
        problems.append(
            error(
                "Invalid name",
                f'"{name}" is not a name: start with a letter or underscore, go on with letters, digits, underscores '
                "and dashes.",
                source=where,
            )
        )
