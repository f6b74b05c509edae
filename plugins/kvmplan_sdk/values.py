"""Plain values: what crosses the line between the engine and a provider.

A value is plain Python, shaped by the schema it belongs to: ``None`` (null), ``bool``, ``int`` or ``Decimal``
(number, never ``float``), ``str``, ``list`` (list, tuple, and set in canonical order) and ``dict`` (map, object,
nested block), or `Typed` where the schema says ``any``. ``UNKNOWN`` stands for what only apply will tell.

Not here: the language's own typed values with marks and refinements; those stay in the engine, which takes sensitive
marks off before a provider is asked and puts them back after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, final

from kvmplan_sdk.types import Type


@final
class Unknown:
    """The type of ``UNKNOWN``, of which there is one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __copy__(self) -> Unknown:
        return self

    def __deepcopy__(self, memo: object) -> Unknown:
        return self

    def __bool__(self) -> bool:
        raise TypeError("an unknown value is neither true nor false: compare it with `is UNKNOWN`")


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Typed:
    """A value of an attribute whose type is ``any``, where the value alone does not tell its type: a list, set or map
    (which would pass for a tuple or an object). Everything else stands as it is.
    """

    value: Value
    type: Type

    def __repr__(self) -> str:
        return f"{self.type}: {self.value!r}"


Value = None | bool | int | Decimal | str | Unknown | Typed | Sequence["Value"] | Mapping[str, "Value"]
Object = Mapping[str, Value]
"""The attributes and nested blocks of one object, by name."""

Path = tuple[str | int, ...]
"""Where a value sits inside an object: ``("ip", 0, "address")``."""


def is_known(value: Value) -> bool:
    """Whether nothing in ``value``, however deep, is unknown."""
    if value is None or isinstance(value, (str, int)):  # most are, and asking for a Mapping takes long
        return True
    if value is UNKNOWN:
        return False
    if isinstance(value, Typed):
        return is_known(value.value)
    items = value.values() if isinstance(value, Mapping) else value if isinstance(value, (list, tuple)) else ()
    for item in items:  # noqa: SIM110 - all() of a generator takes three times as long
        if item is not None and not isinstance(item, (str, int)) and not is_known(item):
            return False
    return True


def unknown_paths(value: Value, at: Path = ()) -> Iterator[Path]:
    """The path of every unknown in ``value``, in order."""
    if value is UNKNOWN:
        yield at
    elif isinstance(value, Typed):
        yield from unknown_paths(value.value, at)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from unknown_paths(item, (*at, name))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from unknown_paths(item, (*at, index))


def differences(planned: Value, found: Value, at: Path = ()) -> Iterator[Path]:
    """The paths at which ``found`` is not what ``planned`` says; an unknown in ``planned`` accepts anything."""
    if planned is UNKNOWN:
        return
    if isinstance(planned, Typed) or isinstance(found, Typed):
        if is_known(planned) and is_known(found) and _type(planned) != _type(found):
            yield at
            return
        planned, found = _untyped(planned), _untyped(found)
    if isinstance(planned, Mapping) and isinstance(found, Mapping):
        for name in {**planned, **found}:
            yield from differences(planned.get(name), found.get(name), (*at, name))
    elif isinstance(planned, (list, tuple)) and isinstance(found, (list, tuple)) and len(planned) == len(found):
        for index, (left, right) in enumerate(zip(planned, found, strict=True)):
            yield from differences(left, right, (*at, index))
    elif type(planned) is bool or type(found) is bool:
        if planned is not found:
            yield at
    elif planned != found:
        yield at


def _untyped(value: Value) -> Value:
    return value.value if isinstance(value, Typed) else value


def _type(value: Value) -> Type | None:
    return value.type if isinstance(value, Typed) else None


def format_path(path: Path) -> str:
    """A path as one writes it in a configuration: ``ip[0].address``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")
