"""Installing modules: fetching what a configuration calls while it is read, and recording it.

Each module is put in place whole or not at all, and the record written when all is told, so whatever stops an
installation, the next one goes on from there.
"""

from __future__ import annotations

import os.path
import shutil
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from kvmplan.config.model import Configuration, ModuleCall
from kvmplan.config.modules.git import Clones, cannot_write
from kvmplan.config.modules.locate import git_directory, locate, place_of, source_of
from kvmplan.config.modules.record import Entry, Record, key_of, modules_directory, read_record, write_record
from kvmplan.config.modules.source import Git, Shipped
from kvmplan_sdk.diagnostics import DiagnosticError, error


class Installer:
    """Finds the directory of every module, and fetches those that are not there. ``upgrade``: fetch the others anew,
    too; ``tell``: is told what is done, a line at a time. `close` it.
    """

    def __init__(self, root: str, *, upgrade: bool, tell: Callable[[str], None]) -> None:
        self._root = root
        self._modules = Path(modules_directory(root))
        self._clones = Clones(self._modules)
        self._upgrade = upgrade
        self._tell = tell
        self._before = _readable_record(root)
        self._now: dict[str, Entry] = {}

    def close(self) -> None:
        self._clones.close()

    def record(self, *, complete: bool) -> None:
        """Write down what is installed. ``complete``: all that the configuration calls was found, so that the rest can
        go. Raises `DiagnosticError`.
        """
        record = self._now if complete else {**self._before, **self._now}
        with _writing(self._modules):
            if record != self._before:
                write_record(self._root, record)
            if complete and self._modules.is_dir():
                self._remove_all_but({key for key, entry in record.items() if entry.commit})

    def _remove_all_but(self, fetched: Set[str]) -> None:
        for path in self._modules.iterdir():
            if path.is_dir() and path.name not in fetched:
                shutil.rmtree(path)

    def locate(self, caller: Configuration, call: ModuleCall) -> str:
        """The directory of what ``call`` calls, there when this returns. Raises `DiagnosticError`, placed."""
        source, key = source_of(call), key_of((*caller.path, call.name))
        commit = ""
        if isinstance(source, Git):
            try:
                commit = self._ensure(caller, call, key, source)
            except DiagnosticError as problem:
                raise DiagnosticError(*(found.at(place_of(call)) for found in problem.diagnostics)) from None
            directory = git_directory(self._root, key, source)
        else:
            directory = locate(caller, call, self._root)
        recorded = directory if isinstance(source, Shipped) else os.path.relpath(directory, self._root)
        self._now[key] = Entry(str(source), recorded, commit)
        self._tell(f"- {key} in {recorded}")
        return directory

    def _ensure(self, caller: Configuration, call: ModuleCall, key: str, source: Git) -> str:
        """Have the module in place; its commit."""
        before = self._before.get(key)
        if (
            before is not None
            and before.source == str(source)
            and not self._upgrade
            and Path(git_directory(self._root, key, source)).is_dir()
        ):
            return before.commit
        above = (self._now.get(key_of(caller.path[: length + 1])) for length in range(len(caller.path)))
        if any(entry is not None and entry.source == str(source) for entry in above):
            raise DiagnosticError(
                error("Module calls itself", f"module.{call.name} is a module that it is called from: it has no end.")
            )
        self._tell(f"Downloading {source} for {key}...")
        clone, commit = self._clones.get(source)
        if not (clone / source.subdir).is_dir():
            raise DiagnosticError(
                error("Cannot fetch module", f'There is no directory "{source.subdir}" in what {source} names.')
            )
        self._put(clone, key)
        return commit

    def _put(self, clone: Path, key: str) -> None:
        new, old, target = self._clones.folder / f"new-{key}", self._clones.folder / f"old-{key}", self._modules / key
        with _writing(self._modules):
            shutil.copytree(clone, new, symlinks=True)
            if target.exists():
                target.rename(old)
            new.rename(target)


@contextmanager
def _writing(modules: Path) -> Iterator[None]:
    try:
        yield
    except OSError as problem:
        raise cannot_write(modules, problem) from problem


def _readable_record(root: str) -> Record:
    """The record; nothing where it is damaged, as it is written anew."""
    try:
        return read_record(root)
    except DiagnosticError:
        return {}
