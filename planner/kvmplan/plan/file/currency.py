"""Whether a saved plan still holds: the state it stands on, and the versions of those who made it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kvmplan import __version__
from kvmplan.addresses import Address
from kvmplan.plan.model import Plan
from kvmplan.plugins import Plugins
from kvmplan.state.model import Instance, State
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

KVMPLAN = "kvmplan"


def makers_of(plan: Plan, plugins: Plugins) -> Mapping[str, str]:
    """kvmplan, and every provider that has a part in ``plan``, each with its version."""
    lanes = {change.lane for change in plan.changes.values()} | {
        instance.lane for instance in plan.prior.instances.values()
    }
    return {KVMPLAN: __version__, **{name: _version(name, plugins) for name in sorted({one.provider for one in lanes})}}


def check_makers(makers: Mapping[str, str], plugins: Plugins) -> None:
    """Raises `DiagnosticError` when a plan that was made by ``makers`` would be carried out by others."""
    found = list(_other_makers(makers, plugins))
    if found:
        raise DiagnosticError(*found)


def check_expected(digest: str, expected: str) -> None:
    """Raises `DiagnosticError` when a plan of ``digest`` is not the ``expected`` one."""
    check_digest(expected)
    if digest != expected:
        raise DiagnosticError(
            error(
                "The plan changed since it was reviewed",
                f"It has the digest {digest}, and {expected} is expected. Nothing was done: review this plan, then "
                "apply it by its digest.",
            )
        )


def check_digest(expected: str) -> None:
    """Raises `DiagnosticError` when what is ``expected`` is no digest at all."""
    if not re.fullmatch("sha256:[0-9a-f]{64}", expected):
        raise DiagnosticError(
            error("Not a digest", f'"{expected}" is none: it is sha256: and 64 digits, as `plan --out` prints it.')
        )


def check_current(plan: Plan, current: State, unsure: frozenset[Address]) -> None:
    """Raises `DiagnosticError` when the state has moved on since the plan was made, or a run was cut short since.

    ``unsure``: what a run that was cut short left in doubt.
    """
    if plan.prior.lineage != current.lineage and plan.prior.instances and current.instances:
        raise DiagnosticError(
            error(
                "Plan of another state",
                f"The plan was made on the state of lineage {plan.prior.lineage}; the one here is {current.lineage}. "
                "Apply it where it was planned, or plan here.",
            )
        )
    if plan.prior.serial != current.serial or plan.prior.lineage != current.lineage:
        raise DiagnosticError(_stale(plan.prior.serial, current.serial))
    if plan.unsure != unsure or _sure(plan.prior, unsure) != _sure(current, unsure):
        raise DiagnosticError(
            error("Saved plan is stale", "A run was cut short since. Plan again and review what became of it.")
        )


def _stale(planned: int, current: int) -> Diagnostic:
    if current < planned:
        why = "it is another, or an earlier one. Apply the plan where it was made, or plan here."
        return error("Saved plan is stale", f"It stands on state {planned}, but the state here is {current}: {why}")
    why = "something was applied since. Plan again and review what is new."
    return error("Saved plan is stale", f"It stands on state {planned}, but the state is {current} now: {why}")


def _sure(state: State, unsure: frozenset[Address]) -> Mapping[Address, Instance | None]:
    """What is there, without what it is like where a run that was cut short leaves that open."""
    return {address: None if address in unsure else one for address, one in state.instances.items()}


def _other_makers(makers: Mapping[str, str], plugins: Plugins) -> Iterator[Diagnostic]:
    for name, version in makers.items():
        here = __version__ if name == KVMPLAN else _version(name, plugins)
        if here != version:
            who = "kvmplan" if name == KVMPLAN else f'the provider "{name}"'
            yield error(
                f"Plan by another version of {who}",
                f"It was planned with version {version or '(unknown)'}, and {here or 'none'} is installed here, which "
                "might do something else. Install the one that planned, or plan again.",
            )


def _version(name: str, plugins: Plugins) -> str:
    """Of the distribution that brings the provider; its own where none does."""
    distribution = plugins.distribution(name)
    try:
        return distribution.version if distribution is not None else plugins.provider(name).version
    except DiagnosticError:
        return ""


__all__ = ["check_current", "check_expected", "check_makers", "makers_of"]
