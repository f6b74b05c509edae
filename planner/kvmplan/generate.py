"""Configuration for what ``import`` blocks name and no block describes, made of the objects as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator

from kvmplan.addresses import Address
from kvmplan.blame import blamed
from kvmplan.config.model import Configuration, Import, Resource
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.lane import Lane
from kvmplan.plan.derived import without_derived
from kvmplan.plan.generating import resource_text
from kvmplan.plan.imports import Wish, taken_in, wishes
from kvmplan.plan.inputs import LOCAL
from kvmplan.plan.schemas import find_schema
from kvmplan.run import Run
from kvmplan.syntax import Body
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error


def configuration_for_imports(run: Run) -> str:
    """The blocks that are missing, empty where none is. Raises `DiagnosticError` with all that is in the way."""
    problems: list[Diagnostic] = []
    texts = []
    for block, address, wish in _without_block(run, problems):
        try:
            texts.append(_generated(run, block, address, wish))
        except DiagnosticError as problem:
            problems += problem.diagnostics
    if problems:
        raise DiagnosticError(*problems)
    return "\n".join(texts)


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


def _generated(run: Run, block: Import, address: Address, wish: Wish) -> str:
    configuration = run.prepared.configuration
    stub = _stub(address, block)
    use = ProviderUses(configuration).of((), stub)
    if isinstance(use, Diagnostic):
        raise DiagnosticError(use)
    schema = find_schema(stub, use, run.plugins)
    lane = Lane(_host(run, configuration, use, block), use.plugin, use.configuration)
    session = run.sessions.get(lane)
    instance = taken_in(address, wish, lane, session, schema)
    with blamed(lane.provider):
        values = without_derived(session, address.type, lane.host, schema, instance.values)
    lines = (f"provider = {block.provider}",) if block.provider else ()
    told = f"# Made by kvmplan from {json.dumps(wish.id, ensure_ascii=False)}: read it, and change it as you like.\n"
    return told + resource_text(address, schema, values, lines=lines)


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
