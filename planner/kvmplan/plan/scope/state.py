"""What follows from targets and exclusions for objects that are to go, by what they refer to as state has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from kvmplan.addresses import Address
from kvmplan.plan.scope.pointers import Pointers
from kvmplan.state.model import Instance

Instances = Mapping[Address, Instance]


def going_with(instances: Instances, targets: Pointers) -> frozenset[Address]:
    """What ``targets`` cover, and all that refers to it: nothing may be left that refers to what is gone."""
    users: dict[Address, list[Address]] = defaultdict(list)
    for address, instance in instances.items():
        for needed in instance.dependencies:
            users[needed].append(address)
    found = {address for address in instances if targets.covers(address)}
    waiting, asked = list(found), set[Address]()
    while waiting:
        for name in set(_names(waiting.pop())) - asked:
            asked.add(name)
            more = [user for user in users.get(name, ()) if user not in found]
            found.update(more)
            waiting += more
    return frozenset(found)


def with_needs(instances: Instances, staying: Iterable[Address]) -> frozenset[Address]:
    """What is ``staying``, and all that it refers to."""
    members: dict[Address, list[Address]] = defaultdict(list)
    for address in instances:
        for name in set(_names(address)):
            members[name].append(address)
    found = set(staying)
    waiting, asked = list(found), set[Address]()
    while waiting:
        for needed in instances[waiting.pop()].dependencies:
            if needed not in asked:
                asked.add(needed)
                more = [one for one in members.get(needed, ()) if one not in found]
                found.update(more)
                waiting += more
    return frozenset(found)


def _names(address: Address) -> Iterator[Address]:
    """How dependencies may call it: by itself, as one of its resource, as one of that in all modules."""
    yield from (address.current, address.resource, address.everywhere)
