"""The pieces of resources, made once a run: a plan, its rehearsal, the apply and the look after it want the same."""

from __future__ import annotations

from kvmplan_nftables.kinds import KINDS
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.wish import Sorted, by_table
from kvmplan_sdk import Object
from kvmplan_sdk.values import is_known


class Making:
    """Remembers of each resource what it was made of last and before that, and of which values."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str], tuple[tuple[Object, Sorted], ...]] = {}

    def pieces(self, type_: str, values: Object | None, owner: Owner) -> Sorted:
        """None for what is not there, or not known yet. Raises `ValueError` for what cannot be told to nft."""
        if values is None:
            return {}
        key = (type_, owner.lineage, owner.address)
        held = self._made.get(key, ())
        for known, made in held:
            if known is values or known == values:
                return made
        if not is_known(values):
            return {}
        made = by_table(KINDS[type_].pieces(values, owner))
        self._made[key] = ((values, made), *held[:1])
        return made
