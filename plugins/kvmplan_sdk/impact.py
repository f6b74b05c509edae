"""What a change disturbs, and who will notice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class ImpactLevel(IntEnum):
    """From nothing to the worst; a change's level is the worst of its attributes' levels."""

    NONE = 0
    LIVE = 1
    DNSMASQ_RESTART = 2
    LINK_FLAP = 3
    GUEST_DISCONNECT = 4
    GUEST_RESTART = 5
    HOST_CONNECTIVITY = 6

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> ImpactLevel:
        return cls[text.upper()]


@dataclass(frozen=True, slots=True)
class Impact:
    """``guests``: the *running* guests reached, sorted; ``why``: one sentence; ``steps``: what will be called."""

    level: ImpactLevel = ImpactLevel.NONE
    guests: tuple[str, ...] = ()
    why: str = ""
    steps: tuple[str, ...] = ()


NO_IMPACT = Impact()


def worst(impacts: Iterable[Impact]) -> Impact:
    """One impact that stands for all: the highest level with its reason, and every guest and step."""
    top, guests, steps = NO_IMPACT, set[str](), list[str]()
    for impact in impacts:
        guests.update(impact.guests)
        steps.extend(step for step in impact.steps if step not in steps)
        if (impact.level, bool(impact.why)) > (top.level, bool(top.why)):
            top = impact
    return Impact(top.level, tuple(sorted(guests)), top.why, tuple(steps))
