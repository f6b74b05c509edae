"""From the files of one module to its model: every block told apart, every static error collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan import syntax
from kvmplan.config.blocks import Decoder
from kvmplan.config.files import is_json, is_override
from kvmplan.config.model import Configuration
from kvmplan.config.overrides import with_overrides
from kvmplan.config.shape import TOP_LEVEL, read_block
from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Attribute, Block
from kvmplan.syntax.article import with_article
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error


def parse_module(sources: Mapping[str, str], directory: str, diagnostics: list[Diagnostic]) -> Configuration:
    """The model of one module from texts by file name; what could be made of it, where there are errors."""
    blocks: list[Block] = []
    overriding: list[Block] = []
    for filename, text in sources.items():
        found = _read_file(filename, text, diagnostics)
        (overriding if is_override(filename) else blocks).extend(found)
    decoder = Decoder()
    for block in with_overrides(blocks, overriding, diagnostics):
        problems: list[Diagnostic] = []
        told_apart = read_block(block, TOP_LEVEL[block.type], problems)
        decoder.add(told_apart, problems)
        diagnostics += problems
    return decoder.configuration(directory, sources)


def _read_file(filename: str, text: str, diagnostics: list[Diagnostic]) -> Iterator[Block]:
    """The blocks in a file that have the labels they must have."""
    parse = syntax.parse_json_configuration if is_json(filename) else syntax.kept_configuration
    written, problems = parse(text, filename)
    body = written.content({name: shape.labels for name, shape in TOP_LEVEL.items()}, diagnostics)
    diagnostics += problems
    if not problems:  # where a bracket is not closed, much seems to stand outside
        diagnostics += (_stray(attribute, in_json=is_json(filename)) for attribute in body.attributes.values())
    for block in body.blocks:
        problem = _misplaced(block)
        if problem is None:
            yield block
        else:
            diagnostics.append(problem)


def _misplaced(block: Block) -> Diagnostic | None:
    shape = TOP_LEVEL.get(block.type)
    if shape is None:
        return _unknown_block(block.type, block.type_range)
    if len(block.labels) == len(shape.labels):
        return None
    wanted = " and ".join(shape.labels) or "none"
    example = " ".join([block.type, *(f'"{label.upper()}"' for label in shape.labels)])
    return error(
        "Wrong number of labels",
        f"{with_article(block.type)} block has {len(shape.labels)} ({wanted}), not {len(block.labels)}: {example} {{}}",
        source=block.range,
    )


_OF_TERRAFORM = " What Terraform has there, such as required_providers and the backend, is in a `kvmplan` block here."


def _unknown_block(name: str, where: SourceRange) -> Diagnostic:
    hint = _OF_TERRAFORM if name == "terraform" else did_you_mean(name, TOP_LEVEL)
    hint = hint or f" Known: {', '.join(sorted(TOP_LEVEL))}."
    return error("Unsupported block type", f'There are no "{name}" blocks.{hint}', source=where)


def _stray(attribute: Attribute, *, in_json: bool) -> Diagnostic:
    if in_json:
        return _unknown_block(attribute.name, attribute.name_range)
    return error(
        "Unsupported argument",
        f'The argument "{attribute.name}" is outside of any block. Values that are used again go into '
        "`locals { ... }`; settings go into the block they belong to.",
        source=attribute.name_range,
    )


__all__ = ["parse_module"]
