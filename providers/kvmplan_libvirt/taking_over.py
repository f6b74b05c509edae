"""What exists and shall become ours: refused where another state says that it is its own."""

from __future__ import annotations

from collections.abc import Collection

from kvmplan_libvirt.ownership import Owner
from kvmplan_libvirt.reach import Reach
from kvmplan_sdk import DiagnosticError, error


def refuse_anothers(reach: Reach, tags: Collection[Owner], what: str, untag: str) -> None:
    """``what``: the object, with a capital letter; ``untag``: how its tag is taken off. Raises
    `DiagnosticError`.
    """
    other = next((tag for tag in sorted(tags) if tag.lineage != reach.lineage), None)
    if other is not None:
        raise DiagnosticError(
            error(
                f"{what} belongs to another state",
                f"It is {other.address} of the state with the lineage {other.lineage}; two states would undo each "
                f"other's work. Forget it there first (`kvmplan state rm {other.address}`), then take its tag "
                f"off: {untag}.",
            )
        )
