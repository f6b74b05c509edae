"""From files to the model: every block told apart, every static error collected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kvmplan import syntax
from kvmplan.config.blocks import Decoder
from kvmplan.config.files import read_sources
from kvmplan.config.model import Configuration
from kvmplan.config.shape import TOP_LEVEL, check_shape
from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Block, Body
from kvmplan_sdk.diagnostics import Diagnostic, error


def load_configuration(directory: Path, *, empty: bool = False) -> tuple[Configuration, list[Diagnostic]]:
    """Read a directory. Raises `DiagnosticError` only when there is nothing to read, unless ``empty`` will do."""
    return parse_sources(read_sources(directory, empty=empty), str(directory))


def parse_sources(sources: Mapping[str, str], directory: str) -> tuple[Configuration, list[Diagnostic]]:
    """The model of texts by file name; what could be made of it, where there are errors."""
    diagnostics: list[Diagnostic] = []
    decoder = Decoder()
    for filename, text in sources.items():
        body, problems = syntax.parse_configuration(text, filename)
        diagnostics += problems
        if not problems:  # where a bracket is not closed, much seems to stand outside
            diagnostics += _stray_arguments(body)
        for block in body.blocks:
            diagnostics += _decode(decoder, block)
    return decoder.configuration(directory, sources), diagnostics


def _decode(decoder: Decoder, block: Block) -> Iterable[Diagnostic]:
    shape = TOP_LEVEL.get(block.type)
    if shape is None:
        hint = did_you_mean(block.type, TOP_LEVEL) or f" Known: {', '.join(sorted(TOP_LEVEL))}."
        return [error("Unsupported block type", f'There are no "{block.type}" blocks.{hint}', source=block.type_range)]
    if len(block.labels) != len(shape.labels):
        wanted = " and ".join(shape.labels) or "none"
        example = " ".join([block.type, *(f'"{label.upper()}"' for label in shape.labels)])
        return [
            error(
                "Wrong number of labels",
                f"A {block.type} block has {len(shape.labels)} ({wanted}), not {len(block.labels)}: {example} {{}}",
                source=block.range,
            )
        ]
    return [*check_shape(block.type, block.body, shape, block.range), *decoder.add(block)]


def _stray_arguments(body: Body) -> Iterable[Diagnostic]:
    for attribute in body.attributes.values():
        yield error(
            "Unsupported argument",
            f'The argument "{attribute.name}" is outside of any block. Values that are used again go into '
            "`locals { ... }`; settings go into the block they belong to.",
            source=attribute.name_range,
        )


__all__ = ["load_configuration", "parse_sources"]
