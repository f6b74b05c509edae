"""What there is while an apply goes on: the instances as they would be in state now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kvmplan.addresses import Address
from kvmplan.plan.model import Action, Change, Plan
from kvmplan.state.model import Instance
from kvmplan_sdk.values import Object


class Standing(Mapping[Address, Instance]):
    """Instances by address. ``changed``: the address of everything that was put or removed, oldest first. It only
    grows, so that whoever keeps something made of instances sees from it what to make anew.
    """

    def __init__(self, instances: Mapping[Address, Instance]) -> None:
        self._instances = dict(instances)
        self.changed: list[Address] = []

    def put(self, address: Address, instance: Instance | None) -> None:
        """Let ``instance`` be what is at ``address``; None: nothing."""
        if instance is not None:
            self._instances[address] = instance
        elif self._instances.pop(address, None) is None:
            return
        self.changed.append(address)

    def copy(self) -> Mapping[Address, Instance]:
        return dict(self._instances)

    def __getitem__(self, address: Address) -> Instance:
        return self._instances[address]

    def __iter__(self) -> Iterator[Address]:
        return iter(self._instances)

    def __len__(self) -> int:
        return len(self._instances)


def at_first(plan: Plan) -> Standing:
    """Before anything is done: without what is only to be forgotten, and with what the configuration says now of what
    stays as it is, for state follows it.
    """
    found = dict(plan.refreshed.instances)
    for address, change in plan.changes.items():
        if change.action is Action.FORGET:
            found.pop(address, None)
        elif change.action is Action.NO_OP:
            found[address] = replace(
                found[address],
                dependencies=change.dependencies,
                sensitive=change.sensitive,
                schema_version=change.schema_version,
                prevent_destroy=change.prevent_destroy,
                created_first=change.created_first,
                keep=change.keep,
                tag="",
            )
    return Standing(found)


def moves(stored: Mapping[Address, Instance], standing: Standing) -> Mapping[Address, Instance | None]:
    """What stands elsewhere than it is ``stored``: what came to an address, and None where it left."""
    gone = dict.fromkeys(address for address in stored if address not in standing)
    return {**gone, **{address: one for address, one in standing.items() if address not in stored}}


def instance_of(change: Change, values: Object, private: Object) -> Instance:
    """What ``change`` makes, with ``values`` as they came to be."""
    return Instance(
        address=change.address,
        host=change.lane.host,
        provider=change.lane.provider,
        configuration=change.lane.configuration,
        values=values,
        private=private,
        schema_version=change.schema_version,
        dependencies=change.dependencies,
        sensitive=change.sensitive,
        prevent_destroy=change.prevent_destroy,
        created_first=change.created_first,
        keep=change.keep,
    )


__all__ = ["Standing", "at_first", "instance_of", "moves"]
