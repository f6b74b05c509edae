"""Recovery: what a killed run left on the hosts, taken into the state.

Every object of an open intent is looked for. One that was to be created and is there with our tag enters the state as
it is, so that the plan that follows finishes it; for the others the state's own entry stands, and refresh says what
became of it. Nothing is changed on any host.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from kvmplan.addresses import Address
from kvmplan.apply.journal import OpenRun
from kvmplan.lane import Lane
from kvmplan.sessions import Sessions
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.provider import Known, Verb


@dataclass(frozen=True, slots=True)
class Recovered:
    """``unsure``: the instances whose last operation may or may not have happened."""

    state: State
    unsure: frozenset[Address]


def known_hosts(run: OpenRun) -> Mapping[str, str]:
    """The addresses of the hosts that the run was working on, by name."""
    return {intent.lane.host: intent.host_address for intent in run.intents}


def recover(run: OpenRun, state: State, sessions: Sessions) -> Recovered:
    """The state with what ``run`` made. Raises `DiagnosticError` when a host of it cannot be read."""
    if run.lineage != state.lineage and state.serial > 0:
        raise DiagnosticError(
            error(
                "Journal of another state",
                "A run that was cut short left a journal, but the state beside it is a different one (its lineage "
                "differs). Put the right state back in place; if the journal is of no use any more, remove it.",
            )
        )
    state = replace(state, lineage=run.lineage or state.lineage)
    created: dict[Lane, list[Instance]] = {}
    for intent in run.intents:
        if intent.verb is Verb.CREATE and intent.instance is not None:
            created.setdefault(intent.lane, []).append(intent.instance)
    found: dict[Address, Instance] = {}
    for lane, instances in sorted(created.items()):
        found.update(_look_for(lane, instances, sessions))
    return Recovered(
        replace(
            state,
            instances={**state.instances, **found},
            hosts={**state.hosts, **known_hosts(run)},
        ),
        frozenset(intent.address for intent in run.intents),
    )


def _look_for(lane: Lane, instances: list[Instance], sessions: Sessions) -> Mapping[Address, Instance]:
    known = [
        Known(address=str(i.address.current), type=i.address.type, values=i.values, private=i.private)
        for i in instances
    ]
    observed = sessions.read(lane, known)
    return {
        instance.address: replace(instance, values=now.values, private=now.private)
        for instance, now in zip(instances, observed, strict=True)
        if now is not None and now.owned
    }


__all__ = ["Recovered", "known_hosts", "recover"]
