"""Keeping the saved file and what loads it as they must be, and telling whether they are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kvmplan_nftables.persistence.saved import DROP_IN_FILE, FILE, FLUSHER, UNIT, UNIT_FILE, document, drop_in, unit
from kvmplan_nftables.table.pieces import TableName
from kvmplan_sdk import Host
from kvmplan_sdk.host import check

_SHOW = ("systemctl", "show", "-p", "UnitFileState", "-p", "NeedDaemonReload")


@dataclass(frozen=True, slots=True)
class Keeper:
    """``able``: whether systemd runs the host; where it does not, nothing is saved and everything stands as it is."""

    host: Host
    able: bool

    @classmethod
    def of(cls, host: Host) -> Keeper:
        installed = bool(host.facts().tools.get("systemctl"))
        return cls(host, installed and host.run(["test", "-d", "/run/systemd/system"]).ok)

    def holds(self, tables: Collection[TableName]) -> bool:
        """Whether ``tables``, which are there, would come back as they are."""
        wanted = {FILE: self._document(tables), **self._units()} if self.able else {}
        return self.able and all(self.host.read_file(path) == text for path, text in wanted.items()) and self._known()

    def save(self, tables: Collection[TableName]) -> None:
        """Save ``tables``, some or all of ours, as they are now. Raises `HostError`."""
        if not self.able:
            return
        text = self._document(tables)
        if self.host.read_file(FILE) != text:
            check(self.host.run(["nft", "-c", "-f", "-"], input=text), "Checking what nft must load after a reboot")
            self.host.write_file(FILE, text)
        missing = {path: unit for path, unit in self._units().items() if self.host.read_file(path) != unit}
        for path, unit_text in missing.items():
            self._run("mkdir", "-p", path.rpartition("/")[0])
            self.host.write_file(path, unit_text, 0o644)
        if missing or not self._known():
            self._run("systemctl", "daemon-reload")
            self._run("systemctl", "-q", "reenable", UNIT)

    def forget(self) -> None:
        """Remove what `save` made, as far as it is there: the file first, without which the rest does nothing."""
        if not self.able:
            return
        there = [path for path in (FILE, *self._units()) if self.host.read_file(path) is not None]
        self.host.remove_file(FILE)
        if UNIT_FILE in there:
            self._run("systemctl", "-q", "disable", "--now", UNIT)
        for path in there:
            self.host.remove_file(path)
        if DROP_IN_FILE in there:
            self._run("rmdir", "--ignore-fail-on-non-empty", DROP_IN_FILE.rpartition("/")[0])
        if there:
            self._run("systemctl", "daemon-reload")

    def _document(self, tables: Collection[TableName]) -> bytes:
        listed = {
            name: check(self.host.run(["nft", "-s", "list", "table", *name]), f"Listing table {' '.join(name)}")
            for name in tables
        }
        return document({name: text.decode() for name, text in listed.items()}).encode()

    def _units(self) -> Mapping[str, bytes]:
        nft = self.host.facts().tools.get("nft") or "/usr/sbin/nft"
        return {DROP_IN_FILE: drop_in(nft).encode(), UNIT_FILE: unit(nft).encode()}

    def _known(self) -> bool:
        """Whether systemd has read what is written, and loads the file when the host boots."""
        shown = self.host.run([*_SHOW, UNIT, FLUSHER])
        return shown.ok and b"UnitFileState=enabled" in shown.stdout.split(b"\n\n")[0] and b"=yes" not in shown.stdout

    def _run(self, *argv: str) -> None:
        check(self.host.run(argv), f"Saving the tables on {self.host.name}")
