"""The backend ``local``: a state is a file, with the state before the last run beside it as ``.backup``.

That of the workspace ``default`` is at ``path``, those of others are in ``kvmplan.state.d/NAME/kvmplan.state.json``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kvmplan.state.file_lock import FileLock
from kvmplan.state.files import make_folder, read_bytes, write_durably
from kvmplan_sdk.backend import DEFAULT_WORKSPACE, Backend, ChangedError, HeldError, LockInfo, Storage, Stored
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.schema import STRING, Attribute, ObjectSchema
from kvmplan_sdk.values import Object

DEFAULT_NAME = "kvmplan.state.json"
WORKSPACES = "kvmplan.state.d"


class LocalStorage(Storage):
    """``path``: the file of the default workspace; ``workspaces``: the folder of the others, None where the one file is
    that of every workspace.
    """

    def __init__(self, path: Path, workspaces: Path | None = None) -> None:
        self._path = path
        self._workspaces = workspaces
        self._backed_up: set[str] = set()
        self._locks: dict[str, FileLock] = {}

    def path(self, workspace: str) -> Path:
        if workspace == DEFAULT_WORKSPACE or self._workspaces is None:
            return self._path
        return self._workspaces / workspace / DEFAULT_NAME

    def place(self, workspace: str) -> str:
        return str(self.path(workspace))

    def earlier(self, workspace: str) -> str:
        backup = backup_of(self.path(workspace))
        return f"The state before the last run is in {backup}: compare it and put it in place if it is whole."

    def read(self, workspace: str) -> Stored | None:
        path = self.path(workspace)
        version = _version(path)
        data = read_bytes(path)
        return None if data is None else Stored(data, version)

    def write(self, workspace: str, data: bytes, over: Stored | None) -> str:
        path = self.path(workspace)
        if _version(path) != (over.version if over else ""):
            raise ChangedError
        self._make_folder(workspace)
        if workspace not in self._backed_up:
            before = read_bytes(path)
            if before is not None:
                write_durably(backup_of(path), before)
            self._backed_up.add(workspace)
        write_durably(path, data)
        return _version(path)

    def delete(self, workspace: str) -> None:
        path = self.path(workspace)
        try:
            for name in (path, backup_of(path), path.with_name(f"{path.name}.lock")):
                name.unlink(missing_ok=True)
            if workspace != DEFAULT_WORKSPACE and path.parent.is_dir():
                path.parent.rmdir()
        except OSError as problem:
            raise DiagnosticError(
                error(f"Cannot remove {path.parent}", f"{problem.strerror}. Look at what is left in it.")
            ) from problem

    def workspaces(self) -> Sequence[str]:
        found = [DEFAULT_WORKSPACE] if self._path.exists() else []
        if self._workspaces is not None and self._workspaces.is_dir():
            found += sorted(path.parent.name for path in self._workspaces.glob(f"*/{DEFAULT_NAME}"))
        return found

    def lock(self, workspace: str, info: LockInfo) -> None:
        self._make_folder(workspace)
        lock = FileLock(self.path(workspace))
        lock.take(info)
        self._locks[workspace] = lock

    def unlock(self, workspace: str, id: str) -> None:  # noqa: A002
        lock = self._locks.pop(workspace, None)
        if lock is not None:
            lock.release()
            return
        holder = self.holder(workspace)
        if holder is not None and holder.id != id:
            raise HeldError(holder)
        FileLock(self.path(workspace)).clear()

    def holder(self, workspace: str) -> LockInfo | None:
        return FileLock(self.path(workspace)).holder()

    def _make_folder(self, workspace: str) -> None:
        path = self.path(workspace)
        if path == self._path:
            return
        make_folder(path.parent)


def backup_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.backup")


def _version(path: Path) -> str:
    """Every write makes a new file; empty where none is."""
    try:
        found = path.stat()
    except OSError:
        return ""
    return f"{found.st_ino}-{found.st_mtime_ns}-{found.st_size}"


class LocalBackend(Backend):
    name = "local"
    schema = ObjectSchema(
        doc="A file on this machine.",
        attributes={
            "path": Attribute(
                type=STRING,
                default=DEFAULT_NAME,
                doc="The file of the default workspace, from the configuration's folder.",
            ),
            "workspace_dir": Attribute(
                type=STRING,
                default=WORKSPACES,
                doc="The folder of the other workspaces, from the configuration's folder.",
            ),
        },
    )

    def open(self, configuration: Object, directory: str) -> LocalStorage:
        here = Path(directory)
        return LocalStorage(
            here / str(configuration.get("path") or DEFAULT_NAME),
            here / str(configuration.get("workspace_dir") or WORKSPACES),
        )


__all__ = ["DEFAULT_NAME", "LocalBackend", "LocalStorage", "backup_of"]
