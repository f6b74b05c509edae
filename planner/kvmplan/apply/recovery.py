"""Recovery: what a run that was cut short left on the hosts, taken into the state.

What came of its operations was in its journal, and is in the state as it was loaded. Every object that an operation
without an outcome was to create is looked for: one that is there with our tag enters the state. So does what was to be
changed, both as they were meant: refresh reads all of them, and where one is half done a provider tells what is
not as it was meant. The plan that follows finishes it. No host is changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kvmplan.addresses import Address
from kvmplan.lane import Lane
from kvmplan.sessions import Sessions
from kvmplan.state.left_open import LeftOpen
from kvmplan.state.model import Instance, State
from kvmplan_sdk.provider import UNTAGGED, Known, Verb
from kvmplan_sdk.values import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """``state``: with everything taken in; ``unsure``: the instances whose last operation may or may not have happened;
    ``unsaved``: whether the journal has what the stored state does not.
    """

    state: State
    unsure: frozenset[Address] = frozenset()
    unsaved: bool = False


def recover(run: LeftOpen, state: State, sessions: Sessions) -> Recovered:
    """``state``, which has what came of ``run``, with what else it made. Raises `DiagnosticError` when a host of it
    cannot be read.
    """
    created: dict[Lane, list[Instance]] = {}
    found: dict[Address, Instance] = {}
    for (address, verb), instance in run.intents.items():
        before = state.instances.get(address)
        if verb is Verb.CREATE and instance is not None:
            created.setdefault(instance.lane, []).append(instance)
        elif verb is Verb.UPDATE and instance is not None and before is not None and before.tagged != UNTAGGED:
            found[address] = replace(before, values=instance.values, sensitive=_either(before, instance))
    for lane, instances in sorted(created.items()):
        for address, instance in _look_for(lane, instances, sessions).items():
            found[address] = _as_remembered(instance, state.instances.get(address))
    return Recovered(
        state=state.with_instances(found),
        unsure=frozenset(address for address, _ in run.intents),
        unsaved=True,
    )


def _look_for(lane: Lane, instances: Sequence[Instance], sessions: Sessions) -> Mapping[Address, Instance]:
    known = [
        Known(address=str(i.address.current), type=i.address.type, values=i.values, private=i.private)
        for i in instances
    ]
    observed = sessions.read(lane, known)
    return {
        instance.address: replace(instance, private=now.private)
        for instance, now in zip(instances, observed, strict=True)
        if now is not None and now.owned
    }


def _as_remembered(instance: Instance, before: Instance | None) -> Instance:
    """``instance``, which may still be the one that was to go ``before`` it was made: then a mark on that stands, and
    so does what it refers to.
    """
    if before is None:
        return instance
    both = {*before.dependencies, *instance.dependencies}
    return replace(
        instance,
        dependencies=tuple(sorted(both, key=lambda address: address.sort_key)),
        sensitive=_either(before, instance),
        tainted=before.tainted and not before.keep,
    )


def _either(before: Instance, instance: Instance) -> tuple[Path, ...]:
    """The paths that are sensitive in one of the two."""
    return tuple(sorted({*before.sensitive, *instance.sensitive}, key=repr))


__all__ = ["Recovered", "recover"]
