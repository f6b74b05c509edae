"""What planning works with: handed from the planner to those who plan parts, and filled by all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kvmplan.addresses import Address
from kvmplan.graph import Dependencies
from kvmplan.plan.checks import Checks
from kvmplan.plan.imports import Wish
from kvmplan.plan.inputs import Inputs
from kvmplan.plan.model import Drift
from kvmplan.plan.modules import Modules
from kvmplan.plan.request import Request
from kvmplan.plan.scope import Scope
from kvmplan.plugins import Plugins
from kvmplan.sessions import Sessions
from kvmplan.state.model import State
from kvmplan_sdk.diagnostics import Diagnostic, has_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Starting:
    """What planning starts from. ``stored``: the state as it is kept; ``prior``: the same with everything in the place
    that moved blocks give it, ``former`` by new addresses; ``refreshed``: ``prior`` with what was read from the hosts;
    ``unsure``: what a run cut short left in doubt.
    """

    stored: State
    prior: State
    refreshed: State
    drift: tuple[Drift, ...]
    former: Mapping[Address, Address] = field(default_factory=dict)
    unsure: frozenset[Address] = frozenset()


@dataclass(slots=True, kw_only=True)
class Planning:
    """A configuration being planned, once. ``wishes``: the imports, by the instance that each becomes; ``diagnostics``:
    what is wrong so far, which `add` keeps free of repetition; with an error among them the plan is void.
    """

    request: Request
    scope: Scope
    modules: Modules
    dependencies: Dependencies
    inputs: Inputs
    plugins: Plugins
    sessions: Sessions
    starting: Starting
    diagnostics: list[Diagnostic]
    checks: Checks = field(default_factory=Checks)
    wishes: dict[Address, Wish] = field(default_factory=dict)
    _reported: set[Diagnostic] = field(init=False)
    _seen: int = field(default=0, init=False)
    _erring: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._reported = set(self.diagnostics)

    def add(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Take in what has not been said yet."""
        for diagnostic in diagnostics:
            if diagnostic not in self._reported:
                self._reported.add(diagnostic)
                self.diagnostics.append(diagnostic)

    @property
    def failed(self) -> bool:
        """Whether there was an error before, so that what is unknown now may be so for that."""
        self._erring = self._erring or has_errors(self.diagnostics[self._seen :])
        self._seen = len(self.diagnostics)
        return self._erring


__all__ = ["Planning", "Starting"]
