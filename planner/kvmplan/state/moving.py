"""Giving what is in a state other addresses, by hand: the objects stay as they are, and what refers to them follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from kvmplan.addresses import Address, Pointer, covering, relocated
from kvmplan.state.model import Instance, State
from kvmplan.state.selection import listed, nothing_at, pointer_to
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

Moves = Mapping[Address, Address]
"""New addresses by old ones."""


def moves_of(state: State, source_text: str, target_text: str) -> Moves:
    """What has to move for ``source_text`` to become ``target_text``: resources, instances, modules, instances of
    modules. Raises `DiagnosticError` with all that is wrong with it.
    """
    source, target = pointer_to(source_text), pointer_to(target_text)
    unlike = _unlike(source, target)
    if unlike is not None:
        raise DiagnosticError(unlike)
    found = {
        instance.address: new
        for instance in listed(state.instances.values())
        if (new := relocated(instance.address, source, target)) is not None
    }
    if not found:
        raise DiagnosticError(_nowhere(source, target, state))
    single = {old: new for old, new in found.items() if _is_in(old, source)}
    taken = list(_taken(single, state) if single else _mixed(source, target, state))
    if taken:
        raise DiagnosticError(*taken)
    return single or found


def _unlike(source: Pointer, target: Pointer) -> Diagnostic | None:
    if source == target:
        return error("Move to the same place", f"{source} cannot move to where it is.")
    if isinstance(source, Address) is not isinstance(target, Address):
        what, other = ("resource", "module") if isinstance(source, Address) else ("module", "resource")
        return error(
            "Move to something else",
            f"{source} is a {what}, and {target} is a {other}. Name two resources or two modules.",
        )
    if (
        isinstance(source, Address)
        and isinstance(target, Address)
        and (source.mode, source.type) != (target.mode, target.type)
    ):
        return error(
            "Move to another type",
            f"{source} cannot become {target}: they are of two types. To hand the object over, forget it with "
            "`kvmplan state rm`, and import it as the other.",
        )
    return None


def _nowhere(source: Pointer, target: Pointer, state: State) -> Diagnostic:
    """Why ``source`` cannot move: it is not there, or it is several."""
    if not any(source in covering(address) for address in state.instances):
        return nothing_at(str(source), state)
    return error(
        "Several instances to one address",
        f"{source} has instances, which cannot all become {target}. Name one of them, or leave out the key in "
        f"{target}: they keep theirs.",
    )


def _is_in(address: Address, pointer: Pointer) -> bool:
    """Whether ``address`` is the one instance that ``pointer`` spells, or in the one of a module."""
    if isinstance(pointer, Address):
        return address.current == pointer
    return address.module[: len(pointer.module)] == pointer.module


def _mixed(source: Pointer, target: Pointer, state: State) -> Iterator[Diagnostic]:
    """All instances of something move only to where nothing is."""
    there = next((one for one in state.instances if target in covering(one)), None)
    if there is not None:
        yield error(
            "Address is taken",
            f"{source} cannot move to {target} with all of its instances: the state has {there} already. Move them one "
            "by one.",
        )


def _taken(moves: Moves, state: State) -> Iterator[Diagnostic]:
    for old, new in moves.items():
        if new in state.instances and new not in moves:
            yield error(
                "Address is taken",
                f"{old} cannot move to {new}: the state has another object there. Move or remove that one first.",
            )


def moved(state: State, moves: Moves) -> State:
    """The state after ``state``. An object's tag on its host stays until the next apply."""
    places: dict[Address, set[Address]] = defaultdict(set)
    for resource, address in ((one.resource, one) for one in state.instances):
        places[resource].add(moves.get(address, address).resource)
    resources = {address.resource for address in moves}

    def follow(dependency: Address) -> set[Address]:
        if dependency in moves:
            return {moves[dependency]}
        return places[dependency] if dependency in resources else {dependency}

    instances: dict[Address, Instance] = {}
    for address, instance in state.instances.items():
        new = instance.moved_to(moves[address]) if address in moves else instance
        if any(one in moves or one in resources for one in new.dependencies):
            followed = {after for one in new.dependencies for after in follow(one)}
            new = replace(new, dependencies=tuple(sorted(followed, key=lambda one: one.sort_key)))
        instances[new.address] = new
    return state.next(instances=instances, outputs=state.outputs, hosts=state.hosts)
