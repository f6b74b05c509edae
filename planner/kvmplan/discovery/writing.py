"""What was found, written: for each object an ``import`` block, its ``resource`` block, and what to know about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kvmplan.addresses import Address
from kvmplan.config.model import Configuration
from kvmplan.discovery.finds import Find
from kvmplan.lane import Lane
from kvmplan.plan.generating import Refer, resource_text
from kvmplan.state.model import State
from kvmplan.syntax.format import quoted_string
from kvmplan_sdk.proposing import Shape
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object, Value


def written(found: Mapping[Address, Find], left_out: Iterable[Find], configuration: Configuration, state: State) -> str:
    """Configuration for ``found``, and a remark on each of ``left_out``."""
    references = References(found, configuration, state)
    parts = [
        _block(address, find, references.of(find.place.lane, address), configuration) for address, find in found.items()
    ]
    return "\n".join([*parts, *map(_remark, left_out)])


def _block(address: Address, find: Find, refer: Refer, configuration: Configuration) -> str:
    lines = [f"# {find.object.note}"] if find.object.note else []
    lines += ["import {", f"  to = {address}", f"  id = {quoted_string(find.object.identifier)}", "}", ""]
    block = ""
    if configuration.resource(address) is None:
        block = "\n" + resource_text(address, find.schema, find.written, lines=find.place.meta_arguments, refer=refer)
    return "\n".join(lines) + block


def _remark(find: Find) -> str:
    """Why there is no block: the sentences of ``problems``, as comments."""
    where = f" on {find.place.lane.host}" if find.place.prefix else ""
    lines = [f"# Left out: {find.object.type} {quoted_string(find.object.identifier)}{where}."]
    for problem in find.problems:
        lines += [f"# {line}" for line in f"{problem.summary}. {problem.detail}".splitlines()]
    return "\n".join(lines) + "\n"


class References:
    """The expressions by which blocks refer to objects, of what was found and of what the configuration has."""

    def __init__(self, found: Mapping[Address, Find], configuration: Configuration, state: State) -> None:
        self._known: dict[tuple[Lane, str, Value], set[Address]] = {}
        wanted = {name for find in found.values() for name in _referred_to(find.schema)}
        there = [(address, find.place.lane, find.values) for address, find in found.items()]
        there += [
            (address, instance.lane, instance.values)
            for address, instance in state.instances.items()
            if not address.module and not address.deposed and configuration.resource(address) is not None
        ]
        for address, lane, values in there:
            self._note(address, lane, values, wanted)

    def _note(self, address: Address, lane: Lane, values: Object, wanted: Iterable[str]) -> None:
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


def _referred_to(shape: Shape | ObjectSchema) -> Iterator[str]:
    yield from (attribute.refers_to for attribute in shape.attributes.values() if attribute.refers_to)
    for block in shape.blocks.values():
        yield from _referred_to(block)
