"""The host's tables, as nft lists them, and what is told to nft about them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kvmplan_nftables.listed import listed
from kvmplan_nftables.table.difference import Line
from kvmplan_nftables.table.listing import Listing, Listings, parse_table
from kvmplan_nftables.table.pieces import TableName
from kvmplan_nftables.table.refusals import explain
from kvmplan_nftables.table.skeleton import SKELETON
from kvmplan_sdk import Completed, Diagnostic, Host
from kvmplan_sdk.host import check


class Tables:
    """kvmplan's own and those asked for, as far as they are there. Lists afresh, but for what is `kept`. A table that
    nft prints as before is the same `Listing`.
    """

    def __init__(self, host: Host) -> None:
        self.host = host
        self._kept: Mapping[TableName, Listing | None] = {}
        self._printed: dict[TableName, tuple[bytes, Listing]] = {}

    def forget(self) -> None:
        """Others may have changed them, and handles are only good for a moment."""
        self._kept = {}

    def kept(self, tables: Iterable[TableName]) -> Listings:
        """Likewise, and remembered until `forget` or a change."""
        self._kept = self._shown(tables)
        return _there(self._kept)

    def listings(self, tables: Iterable[TableName]) -> Listings:
        return _there(self._shown(tables))

    def submit(self, batch: Sequence[Line], *options: str) -> tuple[Diagnostic, ...]:
        """All of ``batch`` or nothing; what nft has against it."""
        if not batch:
            return ()
        if "-c" not in options:
            self.forget()
        done = self._nft(batch, *options)
        return () if done.ok else explain(done.stderr, batch, lambda part: not self._nft(part, "-c").ok)

    def _nft(self, batch: Sequence[Line], *options: str) -> Completed:
        text = "\n".join([*(line.text for line in batch), ""])
        return self.host.run(["nft", *options, "-f", "-"], input=text.encode())

    def _shown(self, tables: Iterable[TableName]) -> Mapping[TableName, Listing | None]:
        wanted = dict.fromkeys((*SKELETON, *tables))
        return {name: self._kept[name] if name in self._kept else self._listing(name) for name in wanted}

    def _listing(self, name: TableName) -> Listing | None:
        done = listed(self.host, "list", "table", *name)
        if not done.ok and b"No such file or directory" in done.stderr:
            return None
        printed = check(done, f"Listing table {' '.join(name)}")
        if name not in self._printed or self._printed[name][0] != printed:
            self._printed[name] = printed, parse_table(printed)
        return self._printed[name][1]


def _there(listings: Mapping[TableName, Listing | None]) -> Listings:
    return {name: listing for name, listing in listings.items() if listing is not None}
