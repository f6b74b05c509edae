"""What was found, told as it is known: same spelling, same order, so that only a change looks like one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.spelling import frozen, same
from kvmplan_sdk import Nesting, Object, Value

TORN = "torn"
"""In ``private``: what runs and what is defined differ. What was read is one of them, and need not be the one that a
plan changes.
"""


def respell(node: Node, found: Object, known: Object) -> dict[str, Value]:
    """``found``, spelled and ordered as ``known`` wherever both mean the same."""
    values: dict[str, Value] = {}
    for name, value in found.items():
        meant = known.get(name)
        if name in node.nodes:
            values[name] = _respell_block(node.nodes[name], value, meant)
        else:
            values[name] = meant if same(value, meant) else value
    return values


def _respell_block(node: Node, found: Value, known: Value) -> Value:
    if same(found, known):
        return known
    if isinstance(found, Mapping) and isinstance(known, Mapping):
        return respell(node, found, known)
    if isinstance(found, list) and isinstance(known, (list, tuple)):
        if node.nesting is Nesting.SET:
            return _align(found, known)
        partners = [*known, *([None] * len(found))]
        return [_respell_block(node, item, partner) for item, partner in zip(found, partners, strict=False)]
    return found


def _align(found: Sequence[Value], known: Sequence[Value]) -> list[Value]:
    """A set in the order of ``known``; what is only in ``found`` comes last."""
    rest: dict[Hashable, list[Value]] = defaultdict(list)
    for item in found:
        rest[frozen(item)].append(item)
    aligned: list[Value] = []
    for meant in known:
        if rest[frozen(meant)]:
            rest[frozen(meant)].pop(0)
            aligned.append(meant)
    return [*aligned, *(item for items in rest.values() for item in items)]


@dataclass(frozen=True, slots=True)
class Told:
    """One object out of its live and persistent parts; ``torn``: whether these differ."""

    values: dict[str, Value]
    torn: bool

    @property
    def private(self) -> Object:
        return {TORN: True} if self.torn else {}


def telling(node: Node, parts: Sequence[Object], known: Object) -> Told:
    """Of each attribute, a value in ``parts`` that is not as known, if any."""
    first, *others = respelled = [respell(node, part, known) for part in parts]
    values = {
        name: next((part[name] for part in respelled if part[name] != known.get(name)), first[name]) for name in first
    }
    return Told(values, any(part != first for part in others))
