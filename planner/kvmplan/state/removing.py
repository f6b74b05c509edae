"""Forgetting objects by hand: they stay where they are, and nobody manages them any more."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kvmplan.addresses import Address
from kvmplan.state.model import Instance, State


def removed(state: State, gone: Iterable[Instance]) -> State:
    """The state after ``state``, in which nothing depends on what is ``gone``."""
    addresses = {instance.address for instance in gone}
    left = {address: one for address, one in state.instances.items() if address not in addresses}
    there = {name for address in left for name in (address, address.resource)}
    lost = {name for address in addresses for name in (address, address.resource)} - there
    instances = {address: _without(one, lost) for address, one in left.items()}
    return state.next(instances=instances, outputs=state.outputs, hosts=state.hosts)


def _without(instance: Instance, lost: set[Address]) -> Instance:
    if lost.isdisjoint(instance.dependencies):
        return instance
    return replace(instance, dependencies=tuple(one for one in instance.dependencies if one not in lost))
