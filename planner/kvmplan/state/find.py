"""Finding an instance in a state by the address that a user typed."""

from __future__ import annotations

from kvmplan.addresses import parse_address
from kvmplan.lang.suggest import did_you_mean
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import DiagnosticError, error


def find_instance(state: State | None, text: str) -> Instance:
    """Raises `DiagnosticError` when there is none of that address."""
    address = parse_address(text)
    if address is None:
        raise DiagnosticError(
            error("Invalid address", f'"{text}" is not an address such as libvirt_network.lan or x.y["key"].')
        )
    instances = state.instances if state else {}
    if address in instances:
        return instances[address]
    hint = did_you_mean(text, map(str, instances)) or " `kvmplan state list` shows what there is."
    raise DiagnosticError(error("No such instance", f"The state has no {address}.{hint}"))
