"""What to say of plans that do not cover everything, and of addresses that name nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from kvmplan.addresses import Address, Pointer, static_path
from kvmplan.config.model import Configuration
from kvmplan.lang.suggest import did_you_mean
from kvmplan.plan.request import Request
from kvmplan.plan.scope.pointers import pointers
from kvmplan.plan.scope.scope import Scope
from kvmplan.plan.scope.state import Instances
from kvmplan.state.selection import no_such_instance
from kvmplan_sdk.diagnostics import Diagnostic, error, warning

_HINTS = 3
"""How many unknown addresses are compared with all there are: a file may name many that are gone."""


def planned_in_part(request: Request) -> Diagnostic:
    option = "--target" if request.targets else "--exclude"
    return warning(
        "Resource targeting is in effect",
        f"With {option} this plan covers a part of the configuration; what else has changed there or on the hosts is "
        "not in it. That is meant for getting out of trouble: plan everything before long.",
    )


def applied_in_part() -> Diagnostic:
    return warning(
        "Applied changes may be incomplete",
        "The plan covered a part of the configuration, because of --target or --exclude. `kvmplan plan` shows what is "
        "left to do.",
    )


def cut_moves(request: Request, former: Mapping[Address, Address]) -> Iterator[Diagnostic]:
    """An error, as in Terraform, when something moved (``former``: from where, by new addresses) and a target speaks of
    but one end of that, or of none: nobody could tell which object is meant.
    """
    named = pointers(request.targets)
    left = sorted({str(end) for move in former.items() for end in move if not named.covers(end)})
    if request.targets and not request.destroy and left:
        options = "".join(f"\n  --target='{address}'" for address in left)
        yield error(
            "Targets leave out what has moved",
            f"Instances of the state have another address by now, and the targets do not cover both. Leave --target "
            f"out, or add:{options}",
        )


def wrong_replacements(request: Request, scope: Scope, instances: Instances) -> Iterator[Diagnostic]:
    """What is wrong with what shall be replaced. ``instances``: of the state, where moved blocks put them."""
    for address in request.replacing:
        if address not in instances:
            yield no_such_instance(address, instances)
        elif not scope.covers(address):
            yield error(
                "Replacement of what is left out",
                f"--replace names {address}, which --target or --exclude leave out of this plan. Name it there too, or "
                "leave it out here.",
            )


def unknown_pointers(
    request: Request, scope: Scope, configuration: Configuration, known: Collection[Address]
) -> Iterator[Diagnostic]:
    """An error for every address that names nothing. ``known``: the instances of the state, and of the configuration
    as far as ``scope`` has it, those that are left out too.
    """
    asked = pointers({*request.targets, *request.excluding})
    left = set(asked.named)
    for address in known:
        left.difference_update(asked.covering(address))
    unknown = [pointer for pointer in sorted(left, key=str) if not _may_be_there(pointer, scope, configuration)]
    names = sorted({*map(str, known), *(str(one.resource) for one in known)})
    for position, pointer in enumerate(unknown):
        option = "--target" if pointer in request.targets else "--exclude"
        hint = did_you_mean(str(pointer), names) if position < _HINTS else ""
        yield error(
            f"Nothing of the address {pointer}",
            f"{option} names {pointer}, but neither the configuration nor the state has it.{hint}",
        )


def _may_be_there(pointer: Pointer, scope: Scope, configuration: Configuration) -> bool:
    """Whether it is a block, of which there may be no instance, or one whose instances were not looked at."""
    module = configuration.module(static_path(pointer.module))
    if module is None or (isinstance(pointer, Address) and pointer.within not in module.resources):
        return False
    last = pointer.key if isinstance(pointer, Address) else pointer.module[-1][1]
    if last is None and all(key is None for _, key in pointer.module):
        return True
    return not any(pointers([pointer]).touches(node) for node in scope.nodes or () if node.address is not None)
