"""What kind of plan is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kvmplan.addresses import Address, Pointer


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``destroy``: whether to plan the end of everything; ``replacing``: instances to replace whatever they are;
    ``targets``: all that is planned, with what it needs; ``excluding``: what is not, with what needs it;
    ``refreshing``: whether to look at the hosts first; ``refresh_only``: to do nothing but let the state follow them;
    ``destroyable``: what may be destroyed although it is guarded; ``importing``: objects to take into the state, and
    nothing else, by the instances that they shall be.
    """

    destroy: bool = False
    replacing: tuple[Address, ...] = ()
    targets: tuple[Pointer, ...] = ()
    excluding: tuple[Pointer, ...] = ()
    refreshing: bool = True
    destroyable: tuple[Pointer, ...] = ()
    refresh_only: bool = False
    importing: Mapping[Address, str] = field(default_factory=dict)

    @property
    def narrowed(self) -> bool:
        """Whether the plan does not cover everything."""
        return bool(self.targets or self.excluding)


__all__ = ["Request"]
