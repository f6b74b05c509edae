"""What exists of the lab on this machine: one JSON file a host and a segment, written before the thing is made.

The files are in a folder only root may enter. Whatever is interrupted, they say what may be left over.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kvmplan.lab.errors import LabError
from kvmplan.lab.process import ProcessId

VERSION = 1
_LOCK_POLL = 0.05


@dataclass(frozen=True, slots=True)
class HostRecord:
    """A lab host: where it is and which processes it consists of.

    ``process`` holds its namespaces and, once booted, contains it; ``init`` is its own PID 1. ``ready`` is set when
    everything in it answers.
    """

    name: str
    segment: str
    address: str
    nics: int
    process: ProcessId | None = None
    init: ProcessId | None = None
    ready: bool = False


@dataclass(frozen=True, slots=True)
class SegmentRecord:
    """A LAN segment; ``process`` holds its namespace."""

    name: str
    process: ProcessId | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """The runtime folder of the lab, one per machine; `KVMPLAN_LAB_DIR` moves it."""

    base: Path

    @classmethod
    def default(cls) -> Registry:
        """The registry of this machine."""
        return cls(Path(os.environ.get("KVMPLAN_LAB_DIR", "/run/kvmplan-lab")))

    def host_folder(self, name: str) -> Path:
        """Where everything of one host is."""
        return self.base / "hosts" / name

    def segment_folder(self, name: str) -> Path:
        """Where everything of one segment is."""
        return self.base / "segments" / name

    def write_host(self, record: HostRecord) -> HostRecord:
        """Record a host durably enough to survive us; the record itself."""
        _write(self.host_folder(record.name) / "host.json", asdict(record))
        return record

    def write_segment(self, record: SegmentRecord) -> SegmentRecord:
        """Record a segment; the record itself."""
        _write(self.segment_folder(record.name) / "segment.json", asdict(record))
        return record

    def host(self, name: str) -> HostRecord | None:
        """The record of one host, ``None`` where there is none. A torn file reads as a host without processes."""
        data = _read(self.host_folder(name) / "host.json")
        return None if data is None else _host(name, data)

    def segment(self, name: str) -> SegmentRecord | None:
        """The record of one segment, ``None`` where there is none."""
        data = _read(self.segment_folder(name) / "segment.json")
        return None if data is None else SegmentRecord(name, _process(data.get("process")))

    def hosts(self) -> list[HostRecord]:
        """Every recorded host by name, half-made ones too."""
        return [record for name in _names(self.base / "hosts") if (record := self.host(name))]

    def segments(self) -> list[SegmentRecord]:
        """Every recorded segment by name."""
        return [record for name in _names(self.base / "segments") if (record := self.segment(name))]

    def forget_host(self, name: str) -> None:
        """Remove the record and the folder of a host."""
        shutil.rmtree(self.host_folder(name), ignore_errors=True)

    def forget_segment(self, name: str) -> None:
        """Remove the record and the folder of a segment."""
        shutil.rmtree(self.segment_folder(name), ignore_errors=True)

    def sweep(self) -> None:
        """Remove what nothing needs any more: locks of processes that were killed, and keys no host is left to use.

        Call with the registry locked; with that lock the runtime folder itself goes.
        """
        for path in sorted((self.base / "locks").glob("*")):
            if (handle := self._try_lock(path)) is not None:
                path.unlink(missing_ok=True)
                os.close(handle)
        for folder in (self.base / "hosts", self.base / "segments"):
            with contextlib.suppress(OSError):
                folder.rmdir()
        if not (self.base / "hosts").exists() and not (self.base / "segments").exists():
            shutil.rmtree(self.base / "ssh", ignore_errors=True)

    @contextlib.contextmanager
    def lock(self, what: str, timeout: float) -> Iterator[None]:
        """Hold the lock ``what`` against every other process; raises LabError where it is not had in ``timeout`` s."""
        folder = self.base / "locks"
        path = folder / what
        deadline = time.monotonic() + timeout
        while (handle := self._try_lock(path)) is None:
            if time.monotonic() >= deadline:
                raise LabError(f"another kvmplan lab command is busy with {what}; waited {timeout:.0f} s")
            time.sleep(_LOCK_POLL)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            os.close(handle)
            for empty in (folder, self.base):
                with contextlib.suppress(OSError):
                    empty.rmdir()

    def _try_lock(self, path: Path) -> int | None:
        """The descriptor of the lock file, ``None`` where someone else holds it or removed it under us."""
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.base.chmod(0o700)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LabError(f"cannot use the runtime folder {self.base}: {error.strerror}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if path.stat().st_ino == os.fstat(handle).st_ino:
                return handle
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(handle)
        return None


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def _write(path: Path, data: dict[str, Any]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps({"version": VERSION, **data}, indent=2) + "\n")
    fresh.replace(path)


def _read(path: Path) -> dict[str, Any] | None:
    if not path.parent.is_dir():
        return None
    try:
        data = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) and data.get("version") == VERSION else {}


def _host(name: str, data: dict[str, Any]) -> HostRecord:
    return HostRecord(
        name,
        str(data.get("segment", "")),
        str(data.get("address", "")),
        int(data.get("nics", 1)),
        _process(data.get("process")),
        _process(data.get("init")),
        bool(data.get("ready", False)),
    )


def _process(data: dict[str, Any] | None) -> ProcessId | None:
    return None if data is None else ProcessId(int(data["pid"]), int(data["start"]), str(data["boot"]))
