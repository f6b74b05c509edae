"""Sensitive paths, as plans and state keep them, and the marks that the language knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kvmplan.lang import SENSITIVE, Marks
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error
from kvmplan_sdk.proposing import Shape
from kvmplan_sdk.schema import Nesting, ObjectSchema
from kvmplan_sdk.types import SetType
from kvmplan_sdk.values import Object, Path, Value


def hidden(paths: Iterable[Path]) -> Mapping[Path, Marks]:
    """The marks of a value whose parts at ``paths`` are sensitive."""
    return {path: frozenset({SENSITIVE}) for path in paths}


def hidden_paths(marks: Mapping[Path, Marks]) -> list[Path]:
    """Where ``marks`` say sensitive."""
    return [path for path, found in marks.items() if SENSITIVE in found]


def not_ephemeral(what: str, where: SourceRange) -> Diagnostic:
    return error(
        "Ephemeral value not allowed",
        f"{what} would be kept in the plan or the state, but this value is ephemeral: it exists during a run only. Use "
        "a value that is not, or mark what takes it with `ephemeral = true` where that is possible.",
        source=where,
    )


def sensitive_paths(marked: Iterable[Path], schema: ObjectSchema, values: Object) -> tuple[Path, ...]:
    """What must not be shown of ``values``: what is ``marked``, and what the schema says."""
    return whole_sets(schema, [*marked, *schema_paths(schema, values)])


def whole_sets(schema: ObjectSchema, paths: Iterable[Path]) -> tuple[Path, ...]:
    """``paths`` in order, each once. Inside a set nothing has a place that stays, so the whole set is hidden."""
    return tuple(sorted({path[: _depth_of_set(schema, path)] for path in paths}, key=repr))


def schema_paths(shape: Shape, values: Value, at: Path = ()) -> Iterator[Path]:
    """What must not be shown of ``values``, as the schema says."""
    if isinstance(values, (list, tuple)):
        for index, item in enumerate(values):
            yield from schema_paths(shape, item, (*at, index))
    elif isinstance(values, Mapping):
        for name, attribute in shape.attributes.items():
            if attribute.sensitive and values.get(name) is not None:
                yield (*at, name)
        for name, block in shape.blocks.items():
            yield from schema_paths(block, values.get(name), (*at, name))


def _depth_of_set(shape: Shape, path: Path) -> int | None:
    """How many steps of ``path`` lead to the first set on it; None where there is none."""
    for depth, name in enumerate(path, start=1):
        if isinstance(name, str) and name in shape.attributes:
            return depth if isinstance(shape.attributes[name].type, SetType) else None
        if isinstance(name, str) and name in shape.blocks:
            shape = shape.blocks[name]
            if shape.nesting is Nesting.SET:
                return depth
    return None
