"""``kvmplan { required_version = ">= 0.1, < 2" }``: whether this kvmplan is one the configuration was written for."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kvmplan import __version__
from kvmplan.config.blocks.literals import literal_string
from kvmplan.syntax import Block
from kvmplan_sdk.diagnostics import Diagnostic, error

_CONSTRAINT = re.compile(r"\s*(=|!=|>=|<=|>|<|~>)?\s*(\d+(?:\.\d+){0,2})\s*")
Version = tuple[int, ...]


def check_required_version(block: Block) -> Iterator[Diagnostic]:
    attribute = block.body.attributes.get("required_version")
    problems: list[Diagnostic] = []
    text = literal_string(attribute, "", problems)
    yield from problems
    if attribute is None or problems:
        return
    met = is_met(text, __version__)
    if met is None:
        yield error(
            "Invalid version constraint",
            f'"{text}" is not one. Write operators and versions separated by commas, such as ">= 0.1, < 2".',
            source=attribute.expression.range,
        )
    elif not met:
        yield error(
            "Unsupported kvmplan version",
            f"This configuration requires kvmplan {text}; this is {__version__}. Install a version that fits.",
            source=attribute.expression.range,
        )


def is_met(constraints: str, version: str) -> bool | None:
    """Whether ``version`` meets every one of the comma-separated ``constraints``; None when one cannot be read.

    ``~> 1.2`` allows the last number written to grow, as Terraform has it.
    """
    met = True
    for part in constraints.split(","):
        match = _CONSTRAINT.fullmatch(part)
        if match is None:
            return None
        operator, wanted = match.groups()
        met = met and _holds(operator or "=", _numbers(version), wanted)
    return met


def _numbers(text: str) -> Version:
    numbers = tuple(int(number) for number in re.findall(r"\d+", text)[:3])
    return numbers + (0,) * (3 - len(numbers))


def _holds(operator: str, version: Version, wanted_text: str) -> bool:
    wanted = _numbers(wanted_text)
    fixed = max(1, wanted_text.count("."))
    return {
        "=": version == wanted,
        "!=": version != wanted,
        ">=": version >= wanted,
        "<=": version <= wanted,
        ">": version > wanted,
        "<": version < wanted,
        "~>": version >= wanted and version[:fixed] == wanted[:fixed],
    }[operator]
