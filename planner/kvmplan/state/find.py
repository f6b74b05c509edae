"""Finding an instance in a state by the address that a user typed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kvmplan.addresses import Address, parse_address
from kvmplan.lang.suggest import did_you_mean
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

_NAMED = 5
"""How many of the instances of a resource are named where one had to be."""


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
