"""Lanes: where one provider works on one host."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """Where one provider works on one host: what it does there happens one step at a time."""

    host: str
    provider: str

    def __str__(self) -> str:
        return f"{self.host} / {self.provider}"
