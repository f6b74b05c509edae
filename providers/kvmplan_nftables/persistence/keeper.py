"""Saving tables as they are, and telling whether what is saved is what they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kvmplan_nftables.persistence import kept, others, saved
from kvmplan_nftables.persistence.boot import Boot
from kvmplan_nftables.persistence.others import Part
from kvmplan_nftables.persistence.printed import Line, lines
from kvmplan_nftables.persistence.unsaved import EVERYTHING, Unsaved, unsaved
from kvmplan_nftables.table.pieces import TableName
from kvmplan_sdk.host import check


@dataclass(frozen=True, slots=True)
class Keeper:
    """Where the host is not `Boot.able`, nothing is saved, and nothing is listed for it."""

    boot: Boot

    @property
    def able(self) -> bool:
        return self.boot.able

    def unsaved(self, tables: Collection[TableName], tags: Collection[str]) -> Unsaved:
        """What of ``tables`` of kvmplan's would not come back. ``tags``: of the resources that are looked at."""
        stored = saved.parsed(self._text_at(saved.FILE) or "")
        if not stored or not self.boot.holds(kept.own(self._nft, stored)):
            return EVERYTHING
        there = {name: saved.lasting(table) for name, table in self._texts(tables).items()}
        if there != stored and not self._loads(saved.document(stored)):
            return EVERYTHING
        return unsaved(_otherwise(there, stored), _otherwise(stored, there), tags)

    def unsaved_others(self, tables: Collection[TableName], tags: Collection[str]) -> Unsaved:
        """Likewise, of what kvmplan made in ``tables``, and in what else is saved."""
        stored = others.parsed(self._nft, self._text_at(others.FILE) or "")
        if not stored or not self.boot.holds(kept.in_others(self._nft, stored)):
            return EVERYTHING
        there = others.parts(self._texts({*tables, *(part.table for part in stored)}))
        lost, stale = _without(there, stored), _without(stored, there)
        found = unsaved(_lines(lost), _lines(stale), tags)
        return found.with_all_of((part.table, part.chain) for part in stale if not self._loads(part.anew))

    def save(self, tables: Collection[TableName]) -> None:
        """Save ``tables``, some or all of kvmplan's, as they are now; none: forget. Raises `HostError`."""
        if self.able:
            self.boot.keep(kept.own(self._nft, self._texts(tables)))

    def save_others(self, tables: Collection[TableName]) -> None:
        """Save what kvmplan made in ``tables``: in all that are `others`, and in what has been changed."""
        if self.able:
            self.boot.keep(kept.in_others(self._nft, others.parts(self._texts(tables))))

    def doubt(self) -> None:
        """What is saved is loaded, but must be saved anew, whatever becomes of the run."""
        text = self._text_at(saved.FILE)
        if text is not None:
            self.boot.host.write_file(saved.FILE, kept.bytes_of(saved.DOUBTED + text))

    def forget(self) -> None:
        """Remove all of kvmplan's tables that is saved: the file first, without which the rest does nothing."""
        self.boot.keep(kept.NOTHING)

    def others(self) -> frozenset[TableName]:
        """The tables of the user's and of other people of which something is saved, be it of other states."""
        return others.named(self._text_at(others.FILE) or "")

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

    def _text_at(self, path: str) -> str | None:
        text = self.boot.host.read_file(path) if self.able else None
        return None if text is None else kept.text_of(text)

    def _loads(self, text: str) -> bool:
        return self.boot.host.run(["nft", "-c", "-f", "-"], input=kept.bytes_of(text)).ok


def _without(parts: Sequence[Part], others: Iterable[Part]) -> list[Part]:
    known = frozenset(others)
    return [part for part in parts if part not in known]


def _lines(parts: Iterable[Part]) -> list[Line]:
    return [line for part in parts for line in part.lines()]


def _otherwise(tables: Mapping[TableName, str], than: Mapping[TableName, str]) -> list[Line]:
    return [line for name, table in tables.items() if table != than.get(name) for line in lines(name, table)]
