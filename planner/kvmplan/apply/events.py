"""What happens during an apply, as values; how it is shown is the review's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.plan.model import PlannedStep
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.provider import Verb


@dataclass(frozen=True, slots=True)
class StepStarted:
    step: PlannedStep
    operations: tuple[tuple[Address, Verb], ...]


@dataclass(frozen=True, slots=True)
class StepRunning:
    """Sent again and again while a step takes its time; ``seconds`` since it started."""

    step: PlannedStep
    operations: tuple[tuple[Address, Verb], ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class OperationDone:
    address: Address
    verb: Verb
    seconds: float


@dataclass(frozen=True, slots=True)
class OperationFailed:
    address: Address
    verb: Verb
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Interrupted:
    """The user asked to stop: what is in flight is finished, nothing new begins."""


Event = StepStarted | StepRunning | OperationDone | OperationFailed | Interrupted
Listener = Callable[[Event], None]
