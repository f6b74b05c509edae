"""Saving tables as they are, and telling whether what is saved is what they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kvmplan_nftables.persistence import kept, others
from kvmplan_nftables.persistence.boot import Boot
from kvmplan_nftables.table.pieces import TableName
from kvmplan_sdk.host import check


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where the host is not `Boot.able`, nothing is saved, and nothing is listed for it."""

    boot: Boot

    @property
    def able(self) -> bool:
        return self.boot.able

    def holds(self, tables: Collection[TableName]) -> bool:
        """Whether ``tables`` of kvmplan's, which are there, would come back as they are."""
        return self.able and self.boot.holds(kept.own(self._nft, self._texts(tables)))

    def holds_others(self, tables: Collection[TableName]) -> bool:
        """Whether what kvmplan made in ``tables``, and in what else is saved, would come back."""
        return self.able and self.boot.holds(kept.in_others(self._nft, self._texts({*tables, *self.others()})))

    def save(self, tables: Collection[TableName]) -> None:
        """Save ``tables``, some or all of kvmplan's, as they are now; none: forget. Raises `HostError`."""
        if self.able:
            self.boot.keep(kept.own(self._nft, self._texts(tables)))

    def save_others(self, tables: Collection[TableName]) -> None:
        """Save what kvmplan made in ``tables``: in all that are `others`, and in what has been changed."""
        if self.able:
            self.boot.keep(kept.in_others(self._nft, self._texts(tables)))

    def forget(self) -> None:
        """Remove all of kvmplan's tables that is saved: the file first, without which the rest does nothing."""
        self.boot.keep(kept.NOTHING)

    def others(self) -> frozenset[TableName]:
        """The tables of the user's and of other people of which something is saved, be it of other states."""
        script = self.boot.host.read_file(others.FILE) if self.able else None
        return others.named((script or b"").decode(errors="replace"))

    def forget_others(self) -> None:
        """Nothing comes back until it is saved again."""
        if self.able:
            self.boot.host.remove_file(others.FILE)

    @property
    def _nft(self) -> str:
        return self.boot.host.facts().tools.get("nft") or "/usr/sbin/nft"

    def _texts(self, tables: Collection[TableName]) -> Mapping[TableName, str]:
        """As far as they are there."""
        texts = {}
        for name in sorted(tables):
            listed = self.boot.host.run(["nft", "-s", "list", "table", *name])
            if listed.ok or b"No such file or directory" not in listed.stderr:
                texts[name] = kept.text_of(check(listed, f"Listing table {' '.join(name)}"))
        return texts
