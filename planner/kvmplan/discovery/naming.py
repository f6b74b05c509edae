"""Addresses for what was found: the object's own name where it can be one, and no address twice."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from kvmplan.addresses import Address, is_identifier, parse_address
from kvmplan.config.model import Configuration
from kvmplan.discovery.finds import Find
from kvmplan.state.model import State


class Namer:
    """Gives addresses, in the order in which it is asked; the same questions get the same answers."""

    def __init__(self, configuration: Configuration, state: State) -> None:
        self._configuration = configuration
        self._taken = {*configuration.resources, *(one.resource for one in state.instances)}
        self._instances = set(state.instances)
        self._counts: dict[Address, int] = defaultdict(lambda: 1)

    def name(self, find: Find) -> Address:
        """Of what carries the tag of this state, the address that it had, if that is free."""
        former = self._former(find)
        if former is not None:
            self._take(former)
            return former
        name = identifier(*filter(None, (find.place.prefix, find.object.name)))
        wanted = address = Address(find.object.type, name)
        while address in self._taken:
            self._counts[wanted] += 1
            address = Address(find.object.type, f"{name}_{self._counts[wanted]}")
        self._take(address)
        return address

    def _take(self, address: Address) -> None:
        self._taken.add(address.resource)
        self._instances.add(address)

    def _former(self, find: Find) -> Address | None:
        address = parse_address(find.object.address) if find.ours else None
        if address is None or address.type != find.object.type or address.mode != "managed" or address.deposed:
            return None
        if address in self._instances:
            return None
        if self._configuration.resource(address) is not None:
            return address
        single = not address.module and address.key is None
        return address if single and address not in self._taken else None


def identifier(*names: str) -> str:
    """``names`` as one name of a resource: what cannot be in it becomes underscores."""
    made = "_".join(re.sub(r"[^\w-]+", "_", name).strip("_") for name in names)
    return made if is_identifier(made) else f"_{made}"


def named(finds: Iterable[Find], configuration: Configuration, state: State) -> dict[Address, Find]:
    namer = Namer(configuration, state)
    return {namer.name(find): find for find in finds}
