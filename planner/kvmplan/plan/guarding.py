"""``prevent_destroy``: whether an object is guarded: its block says so, or said so when there was one."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from kvmplan.addresses import Address
from kvmplan.config.model import Resource
from kvmplan.lang import (
    DYNAMIC,
    ConversionError,
    ObjectValue,
    Scope,
    Value,
    convert,
    evaluate,
    unmark,
)
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import Repetition, repetition
from kvmplan.plan.modules import Modules
from kvmplan.plan.request import Request
from kvmplan.plan.scope.pointers import pointers
from kvmplan.state.model import Instance
from kvmplan.syntax import Expression
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error
from kvmplan_sdk.types import BOOL


def is_guarded(expression: Expression | None, scope: Scope, diagnostics: list[Diagnostic]) -> bool:
    """What ``prevent_destroy`` says of an instance that is configured, which must be known when planning."""
    if expression is None:
        return False
    tried = scope.apart()
    value = _bool(evaluate(expression, tried))
    diagnostics += tried.diagnostics
    if isinstance(value, bool):
        return value
    if not tried.diagnostics:
        diagnostics.append(
            error(
                "Invalid prevent_destroy",
                'It must be true or false, known when planning. Use variables, "each" or "count", and local values '
                "made of these.",
                source=expression.range,
            )
        )
    return True


class Guards:
    """Tells of objects that go whether they are guarded: as far as their block says so, else as state remembers.

    So taking the block away does not take the guard away.
    """

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._repetitions: dict[Address, Repetition] = {}

    def over(self, instance: Instance) -> bool:
        resource = self._modules.resource(instance.address)
        if resource is None:
            return instance.prevent_destroy
        if resource.lifecycle.prevent_destroy is None:
            return False
        evaluation = self._modules.get(instance.address.module)
        if evaluation is None:
            scope = Scope({}, diagnostics=[])
        else:
            scope = evaluation.scope([], **self._names(instance.address, resource, evaluation))
        value = _bool(evaluate(resource.lifecycle.prevent_destroy, scope))
        return value if isinstance(value, bool) else instance.prevent_destroy

    def _names(self, address: Address, resource: Resource, evaluation: Evaluation) -> Mapping[str, Value]:
        """What the instance sees, or would see if it were configured still: then its key is all that is left of it."""
        found = self._repetitions.get(address.resource)
        if found is None:
            found = repetition(resource.count, resource.for_each, evaluation.scope([]), []) or {}
            self._repetitions[address.resource] = found
        key = address.key
        if key in found:
            return found[key]
        if isinstance(key, str):
            return {"each": ObjectValue({"key": key, "value": DYNAMIC})}
        return {"count": ObjectValue({"index": key})} if isinstance(key, int) else {}


def _bool(value: Value) -> Value:
    value = unmark(value)[0]
    try:
        return convert(value, BOOL)
    except ConversionError:
        return None


def is_allowed(address: Address, request: Request) -> bool:
    """Whether ``address`` may be destroyed all the same."""
    return bool(request.destroyable) and pointers(request.destroyable).covers(address)


def prevented(address: Address, why: str, source: SourceRange | None) -> Diagnostic:
    return error(
        "Instance cannot be destroyed",
        f"{address} has lifecycle.prevent_destroy, but {why}. Undo that change, set prevent_destroy to false first, or "
        f"allow it this once: --allow-destroy {shlex.quote(str(address))}.",
        source=source,
        address=str(address),
    )


__all__ = ["Guards", "is_allowed", "is_guarded", "prevented"]
