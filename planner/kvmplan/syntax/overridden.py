"""A body with another on top, as override files make it: arguments replace, blocks replace all of their type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import field, replace

from kvmplan.syntax.nodes import NO_READINGS, Body, Expression, Reading, tree_node
from kvmplan_sdk.diagnostics import Diagnostic


def override(base: Body, top: Body, merged: Set[str] = frozenset()) -> Body:
    """``base`` with ``top`` on it. Blocks of the ``merged`` types are overridden themselves, not replaced."""
    replaced = top.names() - merged
    first = base.without(replaced, replaced)
    return Overridden(base.source, base.start, base.end, {}, (), first=first, top=top, merged=merged)


@tree_node
class Overridden(Body):
    """``first`` lacks what ``top`` has, but for blocks of the types in ``merged``."""

    first: Body = field(kw_only=True)
    top: Body = field(kw_only=True)
    merged: Set[str] = field(kw_only=True)

    def content(
        self,
        blocks: Mapping[str, Sequence[str]],
        problems: list[Diagnostic],
        readings: Mapping[str, Reading] = NO_READINGS,
        only: Set[str] | None = None,
    ) -> Body:
        first = self.first.content(blocks, problems, readings, only)
        top = self.top.content(blocks, problems, readings, only)
        found = [*first.blocks]
        for block in top.blocks:
            at = next((at for at, old in enumerate(found) if old.type == block.type in self.merged), None)
            if at is None:
                found.append(block)
            else:
                found[at] = replace(found[at], body=override(found[at].body, block.body))
        return Body(self.source, self.start, self.end, {**first.attributes, **top.attributes}, tuple(found))

    def without(self, attributes: Set[str], blocks: Set[str]) -> Body:
        return Overridden(
            self.source,
            self.start,
            self.end,
            {},
            (),
            first=self.first.without(attributes, blocks),
            top=self.top.without(attributes, blocks),
            merged=self.merged,
        )

    def names(self) -> frozenset[str]:
        return self.first.names() | self.top.names()

    def expressions(self, problems: list[Diagnostic]) -> Iterator[Expression]:
        yield from self.first.expressions(problems)
        yield from self.top.expressions(problems)
