"""What a change disturbs, read off the table: the worst of the mechanisms of the attributes that change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kvmplan_libvirt.document import Field, Node
from kvmplan_libvirt.mechanism import REPLACE, Mechanism
from kvmplan_libvirt.spelling import same
from kvmplan_sdk import NO_IMPACT, UNKNOWN, Impact, ImpactLevel, Object, Path, Value, worst


def impact_between(node: Node, before: Object | None, after: Object | None, guests: Iterable[str] = ()) -> Impact:
    """The impact of changing an object in place, on ``guests``, the running ones on it. None for creating one."""
    if before is None or after is None:
        return NO_IMPACT
    return impact_of(mechanisms(node, before, after), guests)


def impact_of(found: Iterable[Mechanism], guests: Iterable[str]) -> Impact:
    hit = tuple(sorted(guests))
    return worst(_impact(mechanism, hit) for mechanism in found)


def _impact(mechanism: Mechanism, guests: tuple[str, ...]) -> Impact:
    reached = guests if mechanism.level > ImpactLevel.NONE else ()
    return Impact(mechanism.level, reached, mechanism.why, (mechanism.call,))


def mechanisms(node: Node, before: Object, after: Object) -> Iterator[Mechanism]:
    """How each change between ``before`` and ``after`` is carried out, without repetition."""
    return iter(dict.fromkeys(mechanism for _, mechanism in changes(node, before, after)))


def changes(node: Node, before: Object, after: Object) -> Iterator[tuple[str, Mechanism]]:
    """The attributes and blocks of ``node`` that change, and how each change inside of them is carried out."""
    for name, field in node.fields.items():
        yield from ((name, mechanism) for mechanism in _field_changes(node, field, before.get(name), after.get(name)))
    for name, child in node.nodes.items():
        yield from ((name, mechanism) for mechanism in _block_changes(child, before.get(name), after.get(name)))


def _block_changes(node: Node, before: Value, after: Value) -> Iterator[Mechanism]:
    if not differ(before, after):
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        yield from (mechanism for _, mechanism in changes(node, before, after))
    elif (
        node.change.section is None
        and isinstance(before, list)
        and isinstance(after, list)
        and len(before) == len(after)
    ):
        for left, right in zip(before, after, strict=True):
            yield from _block_changes(node, left, right)
    else:
        yield node.change


def replaced(node: Node, before: Object | None, after: Object) -> tuple[Path, ...]:
    """The attributes and blocks of an object whose change takes a new one."""
    found = () if before is None else changes(node, before, after)
    return tuple((name,) for name in dict.fromkeys(name for name, mechanism in found if mechanism is REPLACE))


def _field_changes(node: Node, field: Field, before: Value, after: Value) -> Iterator[Mechanism]:
    if differ(before, after) and not field.attribute.observed:
        yield field.change or node.change


def differ(before: Value, after: Value) -> bool:
    return before is UNKNOWN or after is UNKNOWN or not same(before, after)
