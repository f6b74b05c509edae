"""What configuration need not say of an object, because its provider works it out the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan_sdk.proposing import Shape, propose
from kvmplan_sdk.provider import Proposal, Session
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object, Path, Value, differences

_NOWHERE = "{}.x"
"""The address that is planned for: what is derived from an address is never that of an object made otherwise."""


def without_derived(session: Session, type_: str, host: str, schema: ObjectSchema, values: Object) -> Object:
    """``values``, complete, with those computed attributes null that a new object would get all the same. The last ones
    go first: of ``prefix``, ``netmask`` and ``family``, which follow from each other, the first stays.
    """

    def planned(configured: Object) -> Object:
        proposal = Proposal(
            address=_NOWHERE.format(type_),
            type=type_,
            host=host,
            configured=configured,
            proposed=propose(schema, configured, None),
            prior=None,
        )
        return session.plan(proposal).values

    written = _configurable(schema, values)
    whole = planned(written)
    for path in reversed(list(_computed(schema, written))):
        less = _without(written, path)
        if not any(True for _ in differences(whole, planned(less))):
            written = less
    return written


def _configurable(shape: Shape, values: Object) -> Object:
    """``values`` without what cannot be configured, and without defaults."""
    result: dict[str, Value] = {}
    for name, attribute in shape.attributes.items():
        value = values.get(name)
        result[name] = None if attribute.read_only or value == attribute.default else value
    for name, block in shape.blocks.items():
        value = values.get(name)
        if isinstance(value, Mapping):
            result[name] = _configurable(block, value)
        elif isinstance(value, (list, tuple)):
            result[name] = [_configurable(block, item) if isinstance(item, Mapping) else item for item in value]
        else:
            result[name] = value
    return result


def _computed(shape: Shape, values: Object, at: Path = ()) -> Iterator[Path]:
    for name, attribute in shape.attributes.items():
        if attribute.computed and values.get(name) is not None:
            yield (*at, name)
    for name, block in shape.blocks.items():
        value = values.get(name)
        for index, item in enumerate(value) if isinstance(value, (list, tuple)) else ():
            if isinstance(item, Mapping):
                yield from _computed(block, item, (*at, name, index))
        if isinstance(value, Mapping):
            yield from _computed(block, value, (*at, name))


def _without(value: Value, path: Path) -> Object:
    made = _cut(value, path)
    assert isinstance(made, Mapping)
    return made


def _cut(value: Value, path: Path) -> Value:
    """``value`` with null at ``path``."""
    if not path:
        return None
    if isinstance(value, Mapping):
        return {**value, str(path[0]): _cut(value[str(path[0])], path[1:])}
    assert isinstance(value, (list, tuple)) and isinstance(path[0], int)
    return [_cut(item, path[1:]) if index == path[0] else item for index, item in enumerate(value)]
