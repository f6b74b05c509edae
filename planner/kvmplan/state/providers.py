"""Handing objects in a state over to another provider."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kvmplan.state.model import Instance, State
from kvmplan.state.selection import listed


def made_by(state: State, provider: str) -> Sequence[Instance]:
    return [one for one in listed(state.instances.values()) if one.provider == provider]


def handed_over(state: State, instances: Iterable[Instance], provider: str) -> State:
    """The state after ``state``, in which ``instances`` are those of ``provider``."""
    changed = {one.address: replace(one, provider=provider) for one in instances}
    return state.next(instances={**state.instances, **changed}, outputs=state.outputs, hosts=state.hosts)
