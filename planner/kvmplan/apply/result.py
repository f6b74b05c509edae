"""What came of an apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kvmplan.addresses import Address
from kvmplan.plan.model import OperationKey
from kvmplan.state.model import Instance, Output
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.provider import Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """``done``, ``failed`` and ``skipped`` (what a failure or an interruption kept from being tried) are disjoint."""

    instances: Mapping[Address, Instance]
    outputs: Mapping[str, Output]
    done: tuple[OperationKey, ...]
    failed: tuple[OperationKey, ...]
    skipped: tuple[OperationKey, ...]
    diagnostics: tuple[Diagnostic, ...]
    interrupted: bool = False

    @property
    def complete(self) -> bool:
        return not self.failed and not self.skipped

    def counts(self) -> tuple[int, int, int]:
        """Instances added, changed and destroyed; a replacement is one added and one destroyed."""
        verbs = [verb for _, verb in self.done]
        return verbs.count(Verb.CREATE), verbs.count(Verb.UPDATE), verbs.count(Verb.DELETE)
