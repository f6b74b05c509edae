"""Another look at what failed: what could not be read right after it may be read now, and is undone as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kvmplan.addresses import Address
from kvmplan.apply.standing import Standing, instance_of
from kvmplan.lane import Lane
from kvmplan.plan.model import OperationKey, Plan
from kvmplan.plan.unknowns import shown
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.provider import Known, Observed, Verb


def look_again(
    failed: Iterable[OperationKey], plan: Plan, standing: Standing, sessions: Sessions
) -> tuple[Diagnostic, ...]:
    """Let ``standing`` be what is on the hosts of all that ``failed``; why some of it cannot be read."""
    by_lane: dict[Lane, dict[Address, Instance]] = {}
    for key in failed:
        instance = standing.get(key[0]) or _planned(key, plan)
        if instance is not None:
            by_lane.setdefault(instance.lane, {})[key[0]] = instance
    problems: list[Diagnostic] = []
    for lane, instances in sorted(by_lane.items()):
        try:
            for address, now in _read(lane, instances, sessions).items():
                standing.put(address, now)
        except DiagnosticError as problem:
            problems += [one.about(str(address)) for address in instances for one in problem.diagnostics]
    return tuple(problems)


def _planned(key: OperationKey, plan: Plan) -> Instance | None:
    """What an operation may have made that was not seen."""
    change = plan.change(key[0])
    return instance_of(change, shown(change.after), change.private) if key[1] is Verb.CREATE and change.after else None


def _read(lane: Lane, instances: Mapping[Address, Instance], sessions: Sessions) -> Mapping[Address, Instance | None]:
    """By the addresses that objects have now, or else by those that they had before they moved."""
    current = {address: replace(one, tag="") for address, one in instances.items()}
    found = _found(current, sessions.read(lane, [_known(one) for one in current.values()]))
    moved = {address: one for address, one in instances.items() if one.tag and found[address] is None}
    if moved:
        found |= _found(moved, sessions.read(lane, [_known(one) for one in moved.values()]))
    return found


def _known(instance: Instance) -> Known:
    return Known(address=instance.tagged, type=instance.address.type, values=instance.values, private=instance.private)


def _found(
    instances: Mapping[Address, Instance], observed: Iterable[Observed | None]
) -> dict[Address, Instance | None]:
    return {
        address: replace(one, values=now.values, private=now.private) if now is not None and now.owned else None
        for (address, one), now in zip(instances.items(), observed, strict=True)
    }


__all__ = ["look_again"]
