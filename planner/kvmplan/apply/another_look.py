"""Another look at what failed: what could not be read right after it may be read now, and is undone as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kvmplan.addresses import Address
from kvmplan.apply.standing import Standing, instance_of
from kvmplan.lane import Lane
from kvmplan.plan.model import OperationKey, Plan
from kvmplan.plan.unknowns import shown
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.provider import Known, Verb


def look_again(
    failed: Iterable[OperationKey], plan: Plan, standing: Standing, sessions: Sessions
) -> tuple[Diagnostic, ...]:
    """Let ``standing`` be what is on the hosts of all that ``failed``; why some of it cannot be read."""
    there: dict[Address, Instance | None] = {}
    made: dict[Address, Instance] = {}
    problems: list[Diagnostic] = []
    for lane, sought in sorted(_by_lane(failed, plan, standing).items()):
        try:
            for instance, now in zip(sought, _read(lane, sought, sessions), strict=True):
                if instance is standing.get(instance.address):
                    there[instance.address] = now
                elif now is not None:
                    made[instance.address] = now
        except DiagnosticError as problem:
            about = dict.fromkeys(str(instance.address) for instance in sought)
            problems += [one.about(address) for address in about for one in problem.diagnostics]
    for address, found in {**there, **made}.items():
        standing.put(address, found)
    return tuple(problems)


def _by_lane(failed: Iterable[OperationKey], plan: Plan, standing: Standing) -> Mapping[Lane, Sequence[Instance]]:
    """What stands where something failed, and what may have been made there in its place."""
    keys = list(failed)
    found: dict[Lane, list[Instance]] = {}
    stands = (standing.get(address) for address in dict.fromkeys(address for address, _ in keys))
    for instance in (*stands, *(_planned(key, plan) for key in keys)):
        if instance is not None:
            found.setdefault(instance.lane, []).append(instance)
    return found


def _planned(key: OperationKey, plan: Plan) -> Instance | None:
    """What an operation may have made that was not seen."""
    change = plan.change(key[0])
    return instance_of(change, shown(change.after), change.private) if key[1] is Verb.CREATE and change.after else None


def _read(lane: Lane, instances: Sequence[Instance], sessions: Sessions) -> Sequence[Instance | None]:
    """By the addresses that objects have now, or else by those that they had before they moved."""
    found = _found(lane, [replace(one, tag="") for one in instances], sessions)
    moved = [position for position, one in enumerate(instances) if one.tag and found[position] is None]
    if moved:
        former = _found(lane, [instances[position] for position in moved], sessions)
        for position, now in zip(moved, former, strict=True):
            found[position] = now
    return found


def _found(lane: Lane, instances: Sequence[Instance], sessions: Sessions) -> list[Instance | None]:
    observed = sessions.read(lane, [_known(one) for one in instances])
    return [
        replace(one, values=now.values, private=now.private) if now is not None and now.owned else None
        for one, now in zip(instances, observed, strict=True)
    ]


def _known(instance: Instance) -> Known:
    return Known(address=instance.tagged, type=instance.address.type, values=instance.values, private=instance.private)


__all__ = ["look_again"]
