"""What is on a host for things to come back by themselves: files, systemd's units and drop-ins that load them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kvmplan_sdk import Host
from kvmplan_sdk.host import check

UNITS = "/etc/systemd/system/"
_SHOW = ("systemctl", "show", "-p", "UnitFileState", "-p", "NeedDaemonReload")


@dataclass(frozen=True, slots=True)
class Kept:
    """``files`` by path, what is loaded first; None where there must be none. ``told``: what nft must take of it."""

    files: Mapping[str, bytes | None]
    told: bytes = b""

    @property
    def units(self) -> tuple[str, ...]:
        return tuple(path.removeprefix(UNITS) for path in self._there if path.endswith(".service"))

    @property
    def extended(self) -> tuple[str, ...]:
        """The units of others that have drop-ins."""
        return tuple(path.removeprefix(UNITS).partition(".d/")[0] for path in self._there if path.endswith(".conf"))

    @property
    def _there(self) -> Iterator[str]:
        return (path for path, text in self.files.items() if text is not None)


@dataclass(frozen=True, slots=True)
class Boot:
    """``able``: whether systemd runs the host; where it does not, nothing is saved and everything stands as it is."""

    host: Host
    able: bool

    @classmethod
    def of(cls, host: Host) -> Boot:
        installed = bool(host.facts().tools.get("systemctl"))
        return cls(host, installed and host.run(["test", "-d", "/run/systemd/system"]).ok)

    def knows(self, unit: str) -> bool:
        shown = self.host.run(["systemctl", "show", "-p", "LoadState", unit])
        return b"not-found" not in shown.stdout

    def holds(self, wanted: Kept) -> bool:
        return self.able and not self._stale(wanted) and self._read(wanted)

    def keep(self, wanted: Kept) -> None:
        """What goes, goes first, and in the order of ``wanted``. Raises `HostError`."""
        if not self.able:
            return
        stale = self._stale(wanted)
        coming = {path: text for path in stale if (text := wanted.files[path]) is not None}
        if wanted.told and any(not path.startswith(UNITS) for path in coming):
            told = self.host.run(["nft", "-c", "-f", "-"], input=wanted.told)
            check(told, "Checking what nft must load after a reboot")
        for path in stale:
            if path not in coming:
                self._remove(path)
        for path, text in coming.items():
            self._write(path, text)
        if any(path.startswith(UNITS) for path in stale) or not self._read(wanted):
            self._run("systemctl", "daemon-reload")
            if wanted.units:
                self._run("systemctl", "-q", "reenable", *wanted.units)

    def _stale(self, wanted: Kept) -> list[str]:
        """The files that are otherwise."""
        return [path for path, text in wanted.files.items() if self.host.read_file(path) != text]

    def _read(self, wanted: Kept) -> bool:
        """Whether systemd has read what is written, and loads the file when the host boots."""
        asked = (*wanted.units, *wanted.extended)
        if not asked:
            return True
        shown = self.host.run([*_SHOW, *asked])
        units = shown.stdout.split(b"\n\n")[: len(wanted.units)]
        return shown.ok and all(b"UnitFileState=enabled" in unit for unit in units) and b"=yes" not in shown.stdout

    def _remove(self, path: str) -> None:
        if path.endswith(".service"):
            self._run("systemctl", "-q", "disable", "--now", path.removeprefix(UNITS))
        self.host.remove_file(path)
        if path.endswith(".conf"):
            self._run("rmdir", "--ignore-fail-on-non-empty", path.rpartition("/")[0])

    def _write(self, path: str, text: bytes) -> None:
        unit = path.startswith(UNITS)
        if unit:
            self._run("mkdir", "-p", path.rpartition("/")[0])
        self.host.write_file(path, text, 0o644 if unit else 0o600)

    def _run(self, *argv: str) -> None:
        check(self.host.run(argv), f"Saving what comes back after a reboot on {self.host.name}")
