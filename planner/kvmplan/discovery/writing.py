"""What was found, written: for each object an ``import`` block, its ``resource`` block, and what to know about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kvmplan.addresses import Address
from kvmplan.config.model import Configuration
from kvmplan.discovery.finds import Find
from kvmplan.plan.generating import Refer, resource_text
from kvmplan.plan.referring import References, in_state
from kvmplan.state.model import State
from kvmplan.syntax.format import quoted_string


def written(found: Mapping[Address, Find], left_out: Iterable[Find], configuration: Configuration, state: State) -> str:
    """Configuration for ``found``, and a remark on each of ``left_out``."""
    there = [(address, find.place.lane, find.values) for address, find in found.items()]
    references = References([*there, *in_state(state, configuration)], (find.schema for find in found.values()))
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
