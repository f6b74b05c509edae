"""Override files: their blocks change those that other files define, before anything is made of either.

As in Terraform: arguments replace, nested blocks replace all of their type (``lifecycle`` is changed argument by
argument), local values are taken by name, and there must be something to override.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kvmplan.syntax import Block, override
from kvmplan.syntax.article import with_article
from kvmplan_sdk.diagnostics import Diagnostic, error

_WORDS = {"data": "data source"}
_NEVER = frozenset({"moved", "removed", "import", "check"})
_MERGED = frozenset({"lifecycle"})


def with_overrides(blocks: Iterable[Block], tops: Sequence[Block], problems: list[Diagnostic]) -> list[Block]:
    """``blocks`` with each of ``tops`` on the one it is for, in order."""
    if not tops:
        return list(blocks)
    overriding = _Overriding(list(blocks), problems)
    for top in tops:
        if top.type == "locals":
            overriding.locals(top)
        elif top.type == "kvmplan":
            overriding.settings(top)
        elif top.type in _NEVER:
            problem = (
                f"{with_article(top.type)} block cannot be in an override file. Move it to one of the other files."
            )
            problems.append(error("Unsupported override", problem, source=top.range))
        else:
            overriding.named(top)
    return overriding.blocks


class _Overriding:
    def __init__(self, blocks: list[Block], problems: list[Diagnostic]) -> None:
        self.blocks = [_plain(block, problems) if block.type == "locals" else block for block in blocks]
        self._problems = problems
        self._places = {(block.type, block.labels): at for at, block in reversed(list(enumerate(self.blocks)))}

    def named(self, top: Block) -> None:
        at = self._places.get((top.type, top.labels))
        if at is None:
            self._missing(top)
            return
        meta = top.body.content({}, [], only=frozenset({"depends_on"})).attributes
        if "depends_on" in meta and top.type in {"resource", "data", "output", "module"}:
            problem = 'An override cannot change "depends_on". Change it where the block is defined.'
            self._problems.append(error("Unsupported override", problem, source=meta["depends_on"].name_range))
            top = replace(top, body=top.body.without({"depends_on"}, frozenset()))
        merged = _MERGED if top.type in {"resource", "data"} else frozenset[str]()
        self.blocks[at] = replace(self.blocks[at], body=override(self.blocks[at].body, top.body, merged))

    def _missing(self, top: Block) -> None:
        what = f"{_WORDS.get(top.type, top.type)} {'.'.join(top.labels)}"
        self._problems.append(
            error(
                f"Missing {_WORDS.get(top.type, top.type)} to override",
                f"There is no {what} in the other files. An override file only changes what they define: define it in "
                "one of them.",
                source=top.range,
            )
        )

    def locals(self, top: Block) -> None:
        for name, attribute in _plain(top, self._problems).body.attributes.items():
            at = next((at for at, block in enumerate(self.blocks) if _has(block, "locals", name)), None)
            if at is None:
                problem = f'There is no local value "{name}" in the other files. Define it in one of them.'
                self._problems.append(
                    error("Missing local value to override", problem, source=attribute.name_range),
                )
                continue
            body = self.blocks[at].body
            self.blocks[at] = replace(
                self.blocks[at], body=replace(body, attributes={**body.attributes, name: attribute})
            )

    def settings(self, top: Block) -> None:
        """Settings may be new; one that is there is replaced in whichever block has it."""
        names = top.body.names()
        for at, block in enumerate(self.blocks):
            if block.type == top.type:
                self.blocks[at] = replace(block, body=block.body.without(names, names))
        self.blocks.append(top)


def _plain(block: Block, problems: list[Diagnostic]) -> Block:
    """A ``locals`` block with its arguments told."""
    return replace(block, body=block.body.content({}, problems))


def _has(block: Block, type_: str, name: str) -> bool:
    return block.type == type_ and name in block.body.attributes


__all__ = ["with_overrides"]
