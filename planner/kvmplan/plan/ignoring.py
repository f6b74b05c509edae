"""``ignore_changes``: what of an instance is left as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeGuard

from kvmplan.config.model import Lifecycle
from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Reference
from kvmplan_sdk.diagnostics import Diagnostic, error
from kvmplan_sdk.proposing import Shape
from kvmplan_sdk.schema import Nesting, ObjectSchema
from kvmplan_sdk.types import ANY, ListType, MapType, ObjectType, TupleType, Type
from kvmplan_sdk.values import UNKNOWN, Object, Path, Typed, Value


def ignored_paths(lifecycle: Lifecycle, schema: ObjectSchema) -> tuple[list[Path], list[Diagnostic]]:
    """The paths to leave as they are, and what is wrong with those that are written."""
    if lifecycle.ignore_all_changes:
        return [(name,) for name in (*schema.attributes, *schema.blocks)], []
    paths, diagnostics = [], []
    for reference in lifecycle.ignore_changes:
        path = (
            reference.root,
            *(step.key if isinstance(step.key, (str, int)) else str(step.key) for step in reference.steps),
        )
        wrong = _wrong(schema, path)
        if wrong is None:
            paths.append(path)
        else:
            diagnostics.append(_invalid(reference, wrong))
    return paths, diagnostics


def _invalid(reference: Reference, why: str) -> Diagnostic:
    return error(
        "Invalid item of ignore_changes",
        f'{why} Write an argument as it is in the resource: name, labels["a"], ip[0].address.',
        source=reference.range,
    )


def _wrong(shape: Shape, path: Path) -> str | None:
    """Why ``path`` cannot be left as it is, in whole sentences."""
    name, rest = str(path[0]), path[1:]
    if name in shape.attributes:
        return _wrong_in_value(shape.attributes[name].type, name, rest)
    if name not in shape.blocks:
        return f'There is no "{name}".' + did_you_mean(name, [*shape.attributes, *shape.blocks])
    block = shape.blocks[name]
    if not rest:
        return None
    if block.nesting is Nesting.SET:
        return f'The blocks "{name}" have no order, so one of them cannot be told from the others: ignore all.'
    if block.nesting is Nesting.LIST:
        if not isinstance(rest[0], int):
            return f'There can be several blocks "{name}": say which one, as in {name}[0].'
        rest = rest[1:]
    return _wrong(block, rest) if rest else None


def _wrong_in_value(type_: Type, name: str, rest: Path) -> str | None:
    for step in rest:
        match type_:
            case ListType(element) | TupleType((element, *_)) if isinstance(step, int):
                type_ = element
            case MapType(element):
                type_ = element
            case ObjectType(attributes) if step in attributes:
                type_ = attributes[str(step)]
            case _ if type_ == ANY:
                return None
            case _:
                return f'"{name}" is a {type_}, in which nothing is at {step!r}.'
    return None


def left_as_is(configured: Object, prior: Object, paths: Sequence[Path]) -> Object:
    """``configured`` with the parts at ``paths`` as ``prior`` has them."""
    value: Value = configured
    for path in paths:
        value = _with(value, prior, path)
    assert isinstance(value, Mapping)
    return value


def _with(value: Value, prior: Value, path: Path) -> Value:
    """What is not there on both sides has nothing to be left as it is."""
    if not path:
        return prior
    step, rest = path[0], path[1:]
    if value is UNKNOWN:
        return value
    if isinstance(value, Typed) or isinstance(prior, Typed):
        mixed = _with(_bare(value), _bare(prior), path)
        return Typed(mixed, value.type) if _same_type(value, prior) else mixed
    if isinstance(value, Mapping) and isinstance(prior, Mapping):
        name = str(step)
        if name in prior and (name in value or not rest):
            return {**value, name: _with(value.get(name), prior[name], rest)}
        return {key: item for key, item in value.items() if key != name or rest}
    match value, prior, step:
        case [*items], [*before], int() if step < min(len(items), len(before)):
            return [_with(item, before[step], rest) if index == step else item for index, item in enumerate(items)]
    return value


def _bare(value: Value) -> Value:
    return value.value if isinstance(value, Typed) else value


def _same_type(value: Value, prior: Value) -> TypeGuard[Typed]:
    return isinstance(value, Typed) and isinstance(prior, Typed) and value.type == prior.type
