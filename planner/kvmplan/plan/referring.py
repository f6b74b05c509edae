"""Where configuration that is made says the name of one object in another, it refers to that object."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kvmplan.addresses import Address
from kvmplan.config.model import Configuration
from kvmplan.lane import Lane
from kvmplan.plan.generating import Refer
from kvmplan.state.model import State
from kvmplan_sdk.proposing import Shape
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object, Value

Placed = tuple[Address, Lane, Object]
"""An object with its values, and where it is."""


def in_state(state: State, configuration: Configuration) -> Iterator[Placed]:
    """What a block of the root module can refer to already."""
    for address, instance in state.instances.items():
        if not address.module and not address.deposed and configuration.resource(address) is not None:
            yield address, instance.lane, instance.values


class References:
    """The expressions by which blocks refer to ``objects``. ``schemas``: of the types that refer."""

    def __init__(self, objects: Iterable[Placed], schemas: Iterable[ObjectSchema]) -> None:
        self._known: dict[tuple[Lane, str, Value], set[Address]] = {}
        wanted = {name for schema in schemas for name in _referred_to(schema)}
        for address, lane, values in objects:
            for name in wanted:
                type_, _, attribute = name.partition(".")
                if type_ == address.type and isinstance(values.get(attribute), (str, int)):
                    self._known.setdefault((lane, name, values[attribute]), set()).add(address)

    def of(self, lane: Lane, referring: Address) -> Refer:
        """What ``referring``, in ``lane``, says instead of a value; a value that two objects have stays a literal."""

        def refer(name: str, value: Value) -> str | None:
            there = self._known.get((lane, name, value), set()) if isinstance(value, (str, int)) else set()
            if len(there) != 1 or referring in there:
                return None
            return f"{next(iter(there))}.{name.partition('.')[2]}"

        return refer


def _referred_to(shape: Shape) -> Iterator[str]:
    yield from (attribute.refers_to for attribute in shape.attributes.values() if attribute.refers_to)
    for block in shape.blocks.values():
        yield from _referred_to(block)
