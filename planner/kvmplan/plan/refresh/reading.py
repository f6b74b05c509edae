"""Refresh: what is really there, one reading per lane, and how it differs from what state remembers."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace

from kvmplan.addresses import Address
from kvmplan.lane import Lane
from kvmplan.plan.ignoring import left_as_is
from kvmplan.plan.model import Drift
from kvmplan.plan.refresh.threads import at_once
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, warning
from kvmplan_sdk.proposing import lasting
from kvmplan_sdk.provider import Known, Observed
from kvmplan_sdk.schema import ObjectSchema
from kvmplan_sdk.values import differences, unknown_paths

Reading = Callable[[Lane, Sequence[Instance]], AbstractContextManager[None]]
"""What to do while the objects of a lane are read."""


def silently(_lane: Lane, _instances: Sequence[Instance]) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    instances: Mapping[Address, Instance]
    drift: tuple[Drift, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def refresh(
    state: State,
    lanes: frozenset[Lane],
    sessions: Sessions,
    *,
    covers: Callable[[Address], bool] = lambda _address: True,
    unsure: frozenset[Address] = frozenset(),
    reading: Reading = silently,
    parallelism: int = 10,
) -> Refreshed:
    """Read every object of ``state``, and let each of ``lanes`` list its host even where state has nothing there.

    ``covers``: whether to read it; what is not read stays as state remembers it. ``unsure``: instances that a run cut
    short may or may not have made: when they are missing, that is no drift. ``reading`` is entered around the reading
    of every lane.
    """
    by_lane: dict[Lane, list[Instance]] = {lane: [] for lane in sorted(lanes)}
    found: dict[Address, Instance] = {}
    for address, instance in state.instances.items():
        if not covers(address):
            found[address] = instance
            continue
        by_lane.setdefault(instance.lane, []).append(instance)
    lanes_read = list(by_lane.items())
    answers = at_once(lambda item: _read_lane(sessions, item[0], item[1], reading), lanes_read, parallelism)
    drift: list[Drift] = []
    problems: list[Diagnostic] = []
    for (lane, instances), (observed, diagnostics) in zip(lanes_read, answers, strict=True):
        problems += diagnostics
        schemas = sessions.provider(lane.provider).schema.resources if observed else {}
        for instance, now in zip(instances, observed, strict=False):
            _compare(instance, now, schemas[instance.address.type], unsure, found, drift, problems)
    drift.sort(key=lambda entry: entry.address.sort_key)
    return Refreshed(instances=found, drift=tuple(drift), diagnostics=tuple(problems))


def _read_lane(
    sessions: Sessions,
    lane: Lane,
    instances: Sequence[Instance],
    reading: Reading,
) -> tuple[Sequence[Observed | None], tuple[Diagnostic, ...]]:
    known = [Known(address=i.tagged, type=i.address.type, values=i.values, private=i.private) for i in instances]
    try:
        with reading(lane, instances):
            return sessions.read(lane, known), ()
    except DiagnosticError as problem:
        return (), problem.diagnostics


def _compare(
    instance: Instance,
    observed: Observed | None,
    schema: ObjectSchema,
    unsure: frozenset[Address],
    found: dict[Address, Instance],
    drift: list[Drift],
    problems: list[Diagnostic],
) -> None:
    address = instance.address
    unsure = unsure | {address} if address.deposed else unsure  # how it is does not matter any more
    if observed is not None and not observed.owned:
        if address not in unsure:
            problems.append(
                warning(
                    "Object is no longer ours",
                    f"What {address} describes is there, but without kvmplan's tag for it: somebody else made or "
                    "redefined it. It will not be touched. To take it in again, forget it first (`kvmplan state rm "
                    f"{shlex.quote(str(address))}`); then write an `import` block.",
                    address=str(address),
                )
            )
        observed = None
    now = observed.values if observed is not None else None
    if observed is not None:
        found[address] = replace(instance, values=observed.values, private=observed.private)
    lasts = lasting(schema, instance.values)
    if address not in unsure and (now is None or any(True for _ in differences(lasts, now))):
        drift.append(
            Drift(
                address=address,
                lane=instance.lane,
                before=instance.values,
                after=now and left_as_is(now, instance.values, list(unknown_paths(lasts))),
                sensitive=instance.sensitive,
            )
        )


def with_moves(drift: Iterable[Drift], state: State, former: Mapping[Address, Address]) -> tuple[Drift, ...]:
    """``drift`` with what has moved since, ``former`` by new addresses, although nothing else about it changed."""
    found = {one.address: replace(one, former=former.get(one.address)) for one in drift}
    for address, before in former.items():
        instance = state.instances[address]
        moved = Drift(
            address=address,
            lane=instance.lane,
            before=instance.values,
            after=instance.values,
            sensitive=instance.sensitive,
            former=before,
        )
        found.setdefault(address, moved)
    return tuple(sorted(found.values(), key=lambda one: one.address.sort_key))


__all__ = ["Reading", "Refreshed", "refresh", "silently", "with_moves"]
