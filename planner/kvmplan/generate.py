"""Configuration for what ``import`` blocks name and no block describes, made of the objects as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.blame import blamed
from kvmplan.config.model import Configuration, Import, Resource
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.lane import Lane
from kvmplan.plan.derived import without_derived
from kvmplan.plan.generating import Refer, resource_text
from kvmplan.plan.imports import Wish, taken_in, wishes
from kvmplan.plan.inputs import LOCAL
from kvmplan.plan.referring import References, in_state
from kvmplan.plan.schemas import find_schema
from kvmplan.run import Run
from kvmplan.syntax import Body
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import Object


@dataclass(frozen=True, slots=True)
class _Made:
    """A block to be made. ``values``: of the object as it is; ``written``: what of them the block has to say."""

    block: Import
    address: Address
    wish: Wish
    lane: Lane
    schema: ObjectSchema
    values: Object
    written: Object


def configuration_for_imports(run: Run) -> str:
    """The blocks that are missing, empty where none is. Raises `DiagnosticError` with all that is in the way."""
    problems: list[Diagnostic] = []
    made = []
    for block, address, wish in _without_block(run, problems):
        try:
            made.append(_looked_at(run, block, address, wish))
        except DiagnosticError as problem:
            problems += problem.diagnostics
    if problems:
        raise DiagnosticError(*problems)
    there = [(one.address, one.lane, one.values) for one in made]
    known = in_state(run.state, run.prepared.configuration)
    references = References([*there, *known], (one.schema for one in made))
    return "\n".join(_text(one, references.of(one.lane, one.address)) for one in made)


def _without_block(run: Run, problems: list[Diagnostic]) -> Iterator[tuple[Import, Address, Wish]]:
    configuration, modules = run.prepared.configuration, run.prepared.modules
    for block in configuration.imports:
        if block.target.module or block.target.resource in configuration.resources:
            continue
        for address, wish in wishes(block, modules.root, problems):
            if address.key is not None:
                problems.append(_repeats(address, block))
            elif address not in run.state.instances:
                yield block, address, wish


def _looked_at(run: Run, block: Import, address: Address, wish: Wish) -> _Made:
    configuration = run.prepared.configuration
    stub = _stub(address, block)
    use = ProviderUses(configuration).of((), stub)
    if isinstance(use, Diagnostic):
        raise DiagnosticError(use)
    schema = find_schema(stub, use, run.plugins)
    lane = Lane(_host(run, configuration, use, block), use.plugin, use.configuration)
    session = run.sessions.get(lane)
    values = taken_in(address, wish, lane, session, schema).values
    with blamed(lane.provider):
        written = without_derived(session, address.type, lane.host, schema, values)
    return _Made(block, address, wish, lane, schema, values, written)


def _text(made: _Made, refer: Refer) -> str:
    lines = (f"provider = {made.block.provider}",) if made.block.provider else ()
    shown = json.dumps(made.wish.id, ensure_ascii=False)
    told = f"# Made by kvmplan from {shown}: read it, and change it as you like.\n"
    return told + resource_text(made.address, made.schema, made.written, lines=lines, refer=refer)


def _stub(address: Address, block: Import) -> Resource:
    """What the block will be, as far as a provider is looked for by it."""
    where, body = block.target.range, Body(block.id.source, block.id.start, block.id.start, {}, ())
    return Resource(address=address, body=body, range=where, type_range=where, provider=block.provider)


def _host(run: Run, configuration: Configuration, use: ProviderUse, block: Import) -> str:
    if not configuration.hosts or not run.plugins.provider(use.plugin).needs_host:
        return LOCAL
    declared = [name for name in run.prepared.inputs.hosts if name != LOCAL]
    if len(declared) == 1:
        return declared[0]
    raise DiagnosticError(
        error(
            "Which host?",
            "There are several hosts, and an import does not say which one it means. Write the block of the resource "
            "yourself, with `host = host.NAME`.",
            source=block.range,
        )
    )


def _repeats(address: Address, block: Import) -> Diagnostic:
    return error(
        "Nothing made for instances of one resource",
        f"{address} is one of several, and how they share a block is for you to write: count or for_each, and what "
        "differs between them.",
        source=block.range,
    )


__all__ = ["configuration_for_imports"]
