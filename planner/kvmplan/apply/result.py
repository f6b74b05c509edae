"""What came of an apply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kvmplan.addresses import Address
from kvmplan.plan.model import OperationKey, Plan
from kvmplan.state.model import Instance, Output
from kvmplan_sdk.diagnostics import Diagnostic
from kvmplan_sdk.provider import Verb


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What a rollback did; ``left``: the addresses of what is not as it was before."""

    done: tuple[OperationKey, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """``done``, ``failed`` and ``skipped`` (what a failure or an interruption kept from being tried) are disjoint;
    ``because``: the failure that kept something from being tried; ``unsaved``: whether the state could not be saved, so
    that only the journal has what was done; ``undone``: what was then rolled back.
    """

    instances: Mapping[Address, Instance]
    outputs: Mapping[str, Output]
    done: tuple[OperationKey, ...]
    failed: tuple[OperationKey, ...]
    skipped: tuple[OperationKey, ...]
    diagnostics: tuple[Diagnostic, ...]
    because: Mapping[OperationKey, OperationKey] = field(default_factory=dict)
    interrupted: bool = False
    unsaved: bool = False
    undone: Undone | None = None

    @property
    def complete(self) -> bool:
        return not self.failed and not self.skipped and not self.unsaved

    def counts(self, plan: Plan | None = None) -> tuple[int, int, int]:
        """Instances added, changed and destroyed; a replacement is one added and one destroyed. What ``plan`` only
        takes in counts as none of these.
        """
        changes = plan.changes if plan else {}
        verbs = [verb for address, verb in self.done if address not in changes or not changes[address].only_takes_in]
        return verbs.count(Verb.CREATE), verbs.count(Verb.UPDATE), verbs.count(Verb.DELETE)
