"""What can be made anew is kept between runs, in ``$XDG_CACHE_HOME/kvmplan`` (else ``~/.cache/kvmplan``, mode 0700).

An entry is bytes, named by a digest of everything that it was made of, so that nothing ever gets out of date. It is
only a matter of time saved: what cannot be read, is damaged, or belongs to somebody else is a miss, and what cannot be
written is not kept. Readers check what entries say; nothing here is ever executed. ``KVMPLAN_NO_CACHE=1`` turns it off.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

MOST_BYTES = 256 * 2**20
MOST_ENTRIES = 20_000
_LONGEST_UNUSED = 60 * 86400.0
_TOUCHED_AFTER = 86400.0
"""Seconds. An entry that is used counts as new, but is not written to on every run for that."""
_CHECK = 16


def digest(*parts: bytes) -> str:
    """The name of what is made of ``parts``."""
    made = hashlib.blake2b(digest_size=20)
    for part in parts:
        made.update(len(part).to_bytes(8, "little"))
        made.update(part)
    return made.hexdigest()


def code_digest(*folders: Path) -> str:
    """A digest of the Python files in and below ``folders``: what they make may change whenever they do."""
    files = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return digest(*(part for path in files for part in (str(path).encode(errors="surrogateescape"), path.read_bytes())))


def load(kind: str, name: str) -> bytes | None:
    """What was stored under these names, undamaged, or None."""
    folder = _folder()
    if folder is None:
        return None
    try:
        with _entry(folder, kind, name).open("rb") as file:
            check, data = file.read(_CHECK), file.read()
            if time.time() - os.fstat(file.fileno()).st_mtime > _TOUCHED_AFTER:
                os.utime(file.fileno())
    except OSError:
        return None
    return data if check == _check(kind, name, data) else None


def store(kind: str, name: str, data: bytes) -> None:
    """Keep ``data``, if we may."""
    folder = _folder()
    if folder is None:
        return
    partial = None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _prune_once(folder)
        handle, partial = tempfile.mkstemp(dir=folder, prefix=".partial-")
        with os.fdopen(handle, "wb") as file:
            file.write(_check(kind, name, data) + data)
        Path(partial).replace(_entry(folder, kind, name))
    except OSError:
        if partial is not None:
            _remove(Path(partial))


def _entry(folder: Path, kind: str, name: str) -> Path:
    return folder / f"{kind}-{name}"


def _check(kind: str, name: str, data: bytes) -> bytes:
    """Tells damage, and an entry under the name of another."""
    return hashlib.blake2b(data, digest_size=_CHECK, key=digest(kind.encode(), name.encode()).encode()).digest()


def _folder() -> Path | None:
    """Where entries are, or will be. None when there is no place that is ours alone to write to."""
    if os.environ.get("KVMPLAN_NO_CACHE"):
        return None
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = (Path(base) if base.startswith("/") else Path.home() / ".cache") / "kvmplan"
        return folder if not folder.exists() or _is_ours(folder.stat()) else None
    except (OSError, RuntimeError):
        return None


def _is_ours(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o022


@cache
def _prune_once(folder: Path) -> None:
    """Once a run is enough: a run that stores much is followed by one that prunes."""
    prune(folder)


def prune(folder: Path, *, most_bytes: int = MOST_BYTES, most_entries: int = MOST_ENTRIES) -> None:
    """Remove what has not been used for long, then the longest unused until no more is left than may be kept."""
    now, size, count = time.time(), 0, 0
    for used, length, path in sorted(_entries(folder), reverse=True):
        size, count = size + length, count + 1
        if size > most_bytes or count > most_entries or now - used > _LONGEST_UNUSED:
            _remove(path)


def _entries(folder: Path) -> Iterator[tuple[float, int, Path]]:
    with os.scandir(folder) as found:
        for entry in found:
            try:
                if entry.is_file(follow_symlinks=False):
                    status = entry.stat(follow_symlinks=False)
                    yield status.st_mtime, status.st_size, Path(entry.path)
            except FileNotFoundError:
                continue


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return


__all__ = ["code_digest", "digest", "load", "prune", "store"]
