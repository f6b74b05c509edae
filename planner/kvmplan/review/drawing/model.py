"""What a drawing consists of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Box:
    """``name``: unlike that of any other box; ``label``: what stands in it."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Group:
    """Boxes with a frame around them; without a ``label`` there is no frame."""

    label: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """``arrows``: for the names of boxes, what their arrows point to. All is in the order in which it is written."""

    groups: tuple[Group, ...]
    arrows: Mapping[str, tuple[str, ...]]

    @property
    def pairs(self) -> Iterator[tuple[str, str]]:
        for start, ends in self.arrows.items():
            yield from ((start, end) for end in ends)
