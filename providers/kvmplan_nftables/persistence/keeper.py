"""Keeping on the host what is saved and what loads it, and telling whether it is there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from kvmplan_nftables.persistence import kept, others
from kvmplan_nftables.persistence.kept import UNITS, Kept
from kvmplan_nftables.persistence.units import FLUSHER
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
        """Whether ``tables`` of kvmplan's, which are there, would come back as they are."""
        return self.able and self._kept(kept.own(self._nft, self._texts(tables)))

    def holds_others(self, tables: Collection[TableName]) -> bool:
        """Whether what kvmplan made in ``tables``, and in what else is saved, would come back."""
        return self.able and self._kept(kept.in_others(self._nft, self._texts({*tables, *self.others()})))

    def save(self, tables: Collection[TableName]) -> None:
        """Save ``tables``, some or all of kvmplan's, as they are now; none: forget. Raises `HostError`."""
        if self.able:
            self._keep(kept.own(self._nft, self._texts(tables)))

    def save_others(self, tables: Collection[TableName]) -> None:
        """Save what kvmplan made in ``tables``: in all that are `others`, and in what has been changed."""
        if self.able:
            self._keep(kept.in_others(self._nft, self._texts(tables)))

    def forget(self) -> None:
        """Remove all of kvmplan's tables that is saved: the file first, without which the rest does nothing."""
        if self.able:
            self._keep(kept.NOTHING)

    def others(self) -> frozenset[TableName]:
        """The tables of the user's and of other people of which something is saved, be it of other states."""
        script = self.host.read_file(others.FILE) if self.able else None
        return others.named((script or b"").decode(errors="replace"))

    def forget_others(self) -> None:
        """Nothing comes back until it is saved again."""
        if self.able:
            self.host.remove_file(others.FILE)

    @property
    def _nft(self) -> str:
        return self.host.facts().tools.get("nft") or "/usr/sbin/nft"

    def _texts(self, tables: Collection[TableName]) -> Mapping[TableName, str]:
        """As far as they are there."""
        texts = {}
        for name in sorted(tables):
            listed = self.host.run(["nft", "-s", "list", "table", *name])
            if listed.ok or b"No such file or directory" not in listed.stderr:
                texts[name] = kept.text_of(check(listed, f"Listing table {' '.join(name)}"))
        return texts

    def _kept(self, wanted: Kept) -> bool:
        return not self._stale(wanted) and self._known(wanted)

    def _stale(self, wanted: Kept) -> Mapping[str, bytes | None]:
        """What is otherwise, as it is."""
        there = {path: self.host.read_file(path) for path in wanted.files}
        return {path: text for path, text in there.items() if text != wanted.files[path]}

    def _keep(self, wanted: Kept) -> None:
        stale = self._stale(wanted)
        coming = {path: text for path in stale if (text := wanted.files[path]) is not None}
        going = [path for path in stale if path not in coming]
        if any(path not in going and not path.startswith(UNITS) for path in stale):
            check(
                self.host.run(["nft", "-c", "-f", "-"], input=wanted.told), "Checking what nft must load after a reboot"
            )
        for path in going:
            if path.endswith(".service"):
                self._run("systemctl", "-q", "disable", "--now", path.removeprefix(UNITS))
            self.host.remove_file(path)
            if path.endswith(".conf"):
                self._run("rmdir", "--ignore-fail-on-non-empty", path.rpartition("/")[0])
        for path, text in coming.items():
            unit = path.startswith(UNITS)
            if unit:
                self._run("mkdir", "-p", path.rpartition("/")[0])
            self.host.write_file(path, text, 0o644 if unit else 0o600)
        if stale and not wanted.units:
            self._run("systemctl", "daemon-reload")
        elif any(path.startswith(UNITS) for path in stale) or not self._known(wanted):
            self._run("systemctl", "daemon-reload")
            self._run("systemctl", "-q", "reenable", *wanted.units)

    def _known(self, wanted: Kept) -> bool:
        """Whether systemd has read what is written, and loads the file when the host boots."""
        if not wanted.units:
            return True
        shown = self.host.run([*_SHOW, *wanted.units, FLUSHER])
        units = shown.stdout.split(b"\n\n")[: len(wanted.units)]
        return shown.ok and all(b"UnitFileState=enabled" in unit for unit in units) and b"=yes" not in shown.stdout

    def _run(self, *argv: str) -> None:
        check(self.host.run(argv), f"Saving the tables on {self.host.name}")
