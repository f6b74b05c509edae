"""Values made partly unknown, to try what a provider makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kvmplan_sdk.values import UNKNOWN, Path, Value


def leaves(value: Value, at: Path = ()) -> Iterator[Path]:
    """The path of everything in ``value`` that is not null and has no parts."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from leaves(item, (*at, name))
    elif isinstance(value, (list, tuple)):
        for index, item in enumerate(value):
            yield from leaves(item, (*at, index))
    elif value is not None:
        yield at


def with_unknown(value: Value, path: Path) -> Value:
    """``value`` with ``UNKNOWN`` at ``path``."""
    if not path:
        return UNKNOWN
    if isinstance(value, Mapping):
        return {name: with_unknown(item, path[1:]) if name == path[0] else item for name, item in value.items()}
    assert isinstance(value, (list, tuple))
    return [with_unknown(item, path[1:]) if index == path[0] else item for index, item in enumerate(value)]
