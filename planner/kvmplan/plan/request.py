"""What kind of plan is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from kvmplan.addresses import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """``destroy``: whether to plan the end of everything; ``replacing``: instances to replace whatever they are."""

    destroy: bool = False
    replacing: tuple[Address, ...] = ()


__all__ = ["Request"]
