"""What is in a state at the addresses that a person typed: resources, instances, modules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from kvmplan.addresses import Address, Pointer, covering, parse_pointer
from kvmplan.lang.suggest import did_you_mean
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error


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
