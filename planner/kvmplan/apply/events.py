"""What happens during an apply, as values; how it is shown is the review's business.

Events of different steps come from different threads, each whole. What a provider has reported as done is told of at
once, and may still turn out not to be as planned when its step is read back: then its failure follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.plan.model import OperationKey, PlannedStep
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.provider import Verb
from kvmplan_sdk.values import Object


@dataclass(frozen=True, slots=True)
class StepStarted:
    step: PlannedStep
    operations: tuple[OperationKey, ...]


@dataclass(frozen=True, slots=True)
class StepRunning:
    """Sent again and again while a step takes its time; ``operations``: those without an outcome yet; ``seconds`` since
    it started.
    """

    step: PlannedStep
    operations: tuple[OperationKey, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationDone:
    """``seconds`` since its step started; ``values``: the object's, None when it is gone."""

    step: PlannedStep
    address: Address
    verb: Verb
    seconds: float
    values: Object | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationFailed:
    step: PlannedStep
    address: Address
    verb: Verb
    seconds: float
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user asked to stop: what is in flight is finished, nothing new begins."""


@dataclass(frozen=True, slots=True)
class RollbackStarted:
    """What was done is undone: the events that follow are of these steps."""

    steps: tuple[PlannedStep, ...]


@dataclass(frozen=True, slots=True)
class RollbackEnded:
    """``left``: the addresses of what is not as it was before."""

    left: tuple[str, ...]


Event = StepStarted | StepRunning | OperationDone | OperationFailed | Interrupted | RollbackStarted | RollbackEnded
Listener = Callable[[Event], None]
