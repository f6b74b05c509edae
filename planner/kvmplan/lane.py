"""Lanes: where one provider works on one host."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """Where one provider works on one host: what it does there happens one step at a time."""

    host: str
    provider: str
    configuration: str = ""
    """Which of the provider's configurations it works with, as `kvmplan.config.providers` names them."""

    def __str__(self) -> str:
        configuration = f".{self.configuration}" if self.configuration else ""
        return f"{self.host} / {self.provider}{configuration}"
