"""From a run to the text: places, what is there, what of it is new, its names, its blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.discovery.finds import finds
from kvmplan.discovery.naming import named
from kvmplan.discovery.places import places
from kvmplan.discovery.writing import written
from kvmplan.lang import ObjectValue, evaluate, unmark
from kvmplan.plan.imports import wishes
from kvmplan.plan.inputs import LOCAL
from kvmplan.run import Run
from kvmplan_sdk.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Discovery:
    """``text``: configuration; ``found``: how many objects it takes over; ``left_out``: how many it cannot."""

    text: str
    found: int
    left_out: int


def discover(
    run: Run, *, host: str | None, provider: str | None, orphans: bool, within: Sequence[str] = ()
) -> Discovery:
    """``within``: look only into what is called so, by providers that can. Raises `DiagnosticError` when there is no
    such host or provider, or one of them does not answer.
    """
    configuration, hosts = run.prepared.configuration, run.prepared.inputs.hosts
    where = places(configuration, hosts, run.plugins, host, provider, within=bool(within))
    there = finds(where, run.sessions, run.state, orphans=orphans, within=within)
    wanted = _wished_for(run)
    there = [find for find in there if (find.place.lane.host, find.object.type, find.object.identifier) not in wanted]
    left_out = [find for find in there if find.problems]
    found = named((find for find in there if not find.problems), configuration, run.state)
    return Discovery(written(found, left_out, configuration, run.state), len(found), len(left_out))


def _wished_for(run: Run) -> frozenset[tuple[str, str, str]]:
    """What the configuration has ``import`` blocks for: host, type and identifier."""
    modules = run.prepared.modules
    problems: list[Diagnostic] = []
    return frozenset(
        (_host(run, address), address.type, wish.id)
        for block in modules.configuration.imports
        for address, wish in wishes(block, modules.root, problems)
    )


def _host(run: Run, address: Address) -> str:
    """Where the block of ``address`` says that it is; as far as that can be told without planning."""
    declared = [name for name in run.prepared.inputs.hosts if name != LOCAL]
    resource = run.prepared.modules.resource(address)
    if resource is None or resource.host is None:
        return declared[0] if len(declared) == 1 else LOCAL
    value, _ = unmark(evaluate(resource.host, run.prepared.modules.root.scope([])))
    return str(value.entries.get("name")) if isinstance(value, ObjectValue) else LOCAL
