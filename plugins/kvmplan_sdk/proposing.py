"""What the engine proposes to a provider, and whether the answer keeps to it.

Used by the engine and by the test kit, so that a provider is tested with what it will meet. Not a provider's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from kvmplan_sdk.schema import Attribute, Block, Nesting, ObjectSchema
from kvmplan_sdk.types import SetType
from kvmplan_sdk.values import UNKNOWN, Object, Path, Value, differences

Shape = ObjectSchema | Block


def configure(shape: Shape, written: Object) -> Object:
    """``written`` in the shape of the schema: null for what is left out, no blocks where none are."""
    values: dict[str, Value] = {name: written.get(name) for name in shape.attributes}
    for name, block in shape.blocks.items():
        values[name] = _configure_block(block, written.get(name))
    assert not written.keys() - values.keys(), f"not in the schema: {sorted(written.keys() - values.keys())}"
    return values


def _configure_block(block: Block, written: Value) -> Value:
    if written is UNKNOWN:
        return UNKNOWN
    if isinstance(written, Mapping):
        return configure(block, written)
    if isinstance(written, (list, tuple)):
        return [_configure_block(block, item) for item in written]
    return {Nesting.SINGLE: None, Nesting.GROUP: configure(block, {})}.get(block.nesting, [])


def propose(shape: Shape, configured: Object, prior: Object | None) -> Object:
    """What the engine proposes: as configured, else the default, else what was computed before, else unknown."""
    values: dict[str, Value] = {}
    for name, attribute in shape.attributes.items():
        values[name] = _propose_attribute(attribute, configured[name], prior, name)
    for name, block in shape.blocks.items():
        values[name] = _propose_block(block, configured[name], prior.get(name) if prior else None)
    return values


def _propose_attribute(attribute: Attribute, configured: Value, prior: Object | None, name: str) -> Value:
    if configured is not None:
        return configured
    if attribute.computed:
        return UNKNOWN if prior is None else prior.get(name)
    return attribute.default


def _propose_block(block: Block, configured: Value, prior: Value) -> Value:
    if isinstance(configured, Mapping):
        return propose(block, configured, prior if isinstance(prior, Mapping) else None)
    if isinstance(configured, (list, tuple)):
        before = list(prior) if isinstance(prior, (list, tuple)) and _computes(block) else []
        partners = [_partner(block, item, before, index) for index, item in enumerate(configured)]
        return [_propose_block(block, item, partner) for item, partner in zip(configured, partners, strict=True)]
    return configured


def _computes(block: Block) -> bool:
    """Whether anything in it may be taken from how it was before."""
    computed = any(attribute.computed for attribute in block.attributes.values())
    return computed or any(_computes(inner) for inner in block.blocks.values())


def _partner(block: Block, item: Value, before: Sequence[Value], index: int) -> Value:
    """The item of a prior list or set from which ``item`` takes computed values: by place, or by what is configured."""
    if block.nesting is Nesting.LIST:
        return before[index] if index < len(before) else None
    return next((old for old in before if isinstance(item, Mapping) and _agrees(item, old)), None)


def _agrees(item: Object, old: Value) -> bool:
    return isinstance(old, Mapping) and all(value is None or old.get(name) == value for name, value in item.items())


def demanded(shape: Shape, values: Object) -> Object:
    """``values`` of an object that is to be as it was, with what is the provider's own to say unknown."""
    return _unknown_where(lambda attribute: attribute.computed, shape, values)


def lasting(shape: Shape, values: Object) -> Object:
    """``values`` with what changes by itself unknown, so that `differences` accepts anything there."""
    return _unknown_where(lambda attribute: attribute.observed, shape, values)


def _unknown_where(open_: Callable[[Attribute], bool], shape: Shape, values: Object) -> Object:
    result: dict[str, Value] = {**values, **{name: UNKNOWN for name, one in shape.attributes.items() if open_(one)}}
    for name, block in shape.blocks.items():
        value = result.get(name)
        if isinstance(value, Mapping):
            result[name] = _unknown_where(open_, block, value)
        elif isinstance(value, (list, tuple)):
            result[name] = [_unknown_where(open_, block, item) if isinstance(item, Mapping) else item for item in value]
    return result


def canonical(shape: Shape, values: Object) -> Object:
    """``values`` with every set in one order, so that sets compare as lists do."""
    result: dict[str, Value] = dict(values)
    for name, attribute in shape.attributes.items():
        value = result.get(name)
        if isinstance(attribute.type, SetType) and isinstance(value, (list, tuple)):
            result[name] = sorted(value, key=repr)
    for name, block in shape.blocks.items():
        value = result.get(name)
        if isinstance(value, Mapping):
            result[name] = canonical(block, value)
        elif isinstance(value, (list, tuple)):
            items = [canonical(block, item) if isinstance(item, Mapping) else item for item in value]
            result[name] = sorted(items, key=_order) if block.nesting is Nesting.SET else items
    return result


def _order(item: Value) -> str:
    return repr(sorted(item.items()) if isinstance(item, Mapping) else item)


def liberties(shape: Shape, configured: Object, proposed: Object, planned: Object, at: Path = ()) -> Iterator[Path]:
    """Where ``planned`` differs from ``proposed`` though it is configured, or not computed."""
    for name in planned.keys() ^ (shape.attributes.keys() | shape.blocks.keys()):
        yield (*at, name)
    for name, attribute in shape.attributes.items():
        if configured[name] is not None or not attribute.computed:
            yield from differences(_exact(proposed[name]), _exact(planned.get(name)), (*at, name))
    for name, block in shape.blocks.items():
        yield from _block_liberties(block, configured[name], proposed[name], planned.get(name), (*at, name))


def _block_liberties(block: Block, configured: Value, proposed: Value, planned: Value, at: Path) -> Iterator[Path]:
    if isinstance(configured, Mapping) and isinstance(proposed, Mapping) and isinstance(planned, Mapping):
        yield from liberties(block, configured, proposed, planned, at)
    elif isinstance(configured, list) and isinstance(proposed, list) and isinstance(planned, list):
        if len(configured) != len(planned):
            yield at
            return
        for index, items in enumerate(zip(configured, proposed, planned, strict=True)):
            yield from _block_liberties(block, *items, (*at, index))
    elif configured is not planned:
        yield at


def replacing(schema: ObjectSchema, planned: Sequence[Path], changed: Iterable[Path]) -> tuple[Path, ...]:
    """Those of the ``changed`` paths that make a new object: by the schema, or as they lead into a ``planned`` one."""
    return tuple(path for path in changed if _replaces(schema, path) or any(path[: len(one)] == one for one in planned))


def _replaces(schema: ObjectSchema, path: Path) -> bool:
    shape: Shape = schema
    for name in path:
        if not isinstance(name, str):
            continue
        if name in shape.attributes:
            return shape.attributes[name].replaces
        if name not in shape.blocks:
            return False
        shape = shape.blocks[name]
    return False


def _exact(value: Value) -> Value:
    """``value`` with unknowns as plain text, so that an unknown equals only an unknown."""
    if value is UNKNOWN:
        return "(unknown)"
    if isinstance(value, Mapping):
        return {name: _exact(item) for name, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, (list, tuple)) else value
