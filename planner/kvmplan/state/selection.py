"""What is in a state at the addresses that a person typed: resources, instances, modules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kvmplan.addresses import Address, Pointer, covering, parse_address, parse_pointer
from kvmplan.lang.suggest import did_you_mean
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

_NAMED = 5
"""How many of the instances of a resource are named where one had to be."""


def listed(instances: Iterable[Instance]) -> list[Instance]:
    """In the order of lists: what is nearer to the root module first."""
    return sorted(instances, key=lambda one: (len(one.address.module), one.address.sort_key))


def selected(state: State, texts: Sequence[str]) -> list[Instance]:
    """What ``texts`` name, in their order, each instance once. Raises `DiagnosticError` with all that name nothing."""
    named: dict[Pointer, list[Instance]] = defaultdict(list)
    for instance in listed(state.instances.values()):
        for pointer in covering(instance.address):
            named[pointer].append(instance)
    found: dict[Address, Instance] = {}
    problems: list[Diagnostic] = []
    for text in texts:
        meant = parse_pointer(text)
        if meant is None:
            problems.append(_invalid(text))
        elif meant not in named:
            problems.append(nothing_at(text, state))
        else:
            found |= {one.address: one for one in named[meant]}
    if problems:
        raise DiagnosticError(*problems)
    return list(found.values())


def pointer_to(text: str) -> Pointer:
    """Raises `DiagnosticError` when ``text`` is no address."""
    pointer = parse_pointer(text)
    if pointer is None:
        raise DiagnosticError(_invalid(text))
    return pointer


def _invalid(text: str) -> Diagnostic:
    return error(
        "Invalid address",
        f'"{text}" is not an address such as libvirt_network.lan, x.y["key"], module.site or module.site["a"].x.y[0].',
    )


def nothing_at(text: str, state: State) -> Diagnostic:
    names = sorted({str(meant) for address in state.instances for meant in covering(address)})
    hint = did_you_mean(text, names) or " `kvmplan state list` shows what there is."
    return error("Nothing at this address", f"The state has nothing at {text}.{hint}")


def written_address(text: str) -> Address:
    """Raises `DiagnosticError` when ``text`` is no address."""
    address = parse_address(text)
    if address is None:
        raise DiagnosticError(
            error("Invalid address", f'"{text}" is not an address such as libvirt_network.lan or x.y["key"].')
        )
    return address


def find_instance(state: State | None, text: str) -> Instance:
    """Raises `DiagnosticError` when there is none of that address."""
    address = written_address(text)
    instances = state.instances if state else {}
    if address in instances:
        return instances[address]
    raise DiagnosticError(no_such_instance(address, instances))


def no_such_instance(address: Address, instances: Iterable[Address]) -> Diagnostic:
    """What to say of an address that is not among the ``instances`` of the state."""
    known = list(instances)
    keyed = sorted(str(one) for one in known if replace(one, key=None) == address)
    if keyed:
        several = f"{', '.join(keyed[:_NAMED])}{', ...' if len(keyed) > _NAMED else ''}"
        return error("No such instance", f"{address} has instances with keys: name one of {several}.")
    hint = did_you_mean(str(address), map(str, known)) or " `kvmplan state list` shows what there is."
    return error("No such instance", f"The state has no {address}.{hint}")
