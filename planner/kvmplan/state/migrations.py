"""From documents of earlier versions to that of today, a version at a time. What is stored becomes the newer one with
the next state that is saved, and the older is its backup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Document = dict[str, Any]

STEPS: Mapping[int, Callable[[Document], Document]] = {}
"""By version: makes a document of that version one of the next. There is only one version so far."""


def migrated(document: Document, version: int, to: int) -> Document:
    """Raises `ValueError` for a version that there never was."""
    while version < to:
        if version not in STEPS:
            raise ValueError(f"there never was a version {version}")
        document = STEPS[version](document)
        version += 1
    return document


__all__ = ["migrated"]
