"""The machine that kvmplan runs on."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from kvmplan.hosts.locks import holder, holding
from kvmplan.hosts.probe import probe
from kvmplan.hosts.process import run_process
from kvmplan_sdk.host import Completed, Facts, HostError


class LocalHost:
    """This machine, as whoever runs kvmplan."""

    def __init__(self, name: str = "local") -> None:
        self.name = name
        self.address = "local"
        self._facts: Facts | None = None

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 60) -> Completed:  # noqa: A002
        return run_process(argv, stdin=input, timeout=timeout, where=self.name)

    def read_file(self, path: str) -> bytes | None:
        with self._explaining("read", path):
            try:
                return Path(path).read_bytes()
            except FileNotFoundError:
                return None

    def write_file(self, path: str, data: bytes, mode: int = 0o600) -> None:
        with self._explaining("write", path):
            directory = Path(path).parent
            descriptor, temporary = tempfile.mkstemp(prefix=".kvmplan-", dir=directory)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fchmod(descriptor, mode)
                    os.fsync(descriptor)
                Path(temporary).rename(path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
            _sync_directory(directory)

    def remove_file(self, path: str) -> None:
        with self._explaining("remove", path):
            Path(path).unlink(missing_ok=True)

    def local_socket(self, path: str) -> str:
        return path

    def facts(self) -> Facts:
        if self._facts is None:
            self._facts = probe(self)
        return self._facts

    def lock(self, name: str, stopping: Callable[[], bool]) -> AbstractContextManager[None]:
        return holding(holder(name), name, self.name, stopping)

    def close(self) -> None:
        """Nothing is held open."""

    @contextlib.contextmanager
    def _explaining(self, verb: str, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            hint = " Run as root, or with sudo." if isinstance(problem, PermissionError) else ""
            raise HostError(f"Cannot {verb} {path} on {self.name}", f"{problem.strerror or problem}.{hint}") from None


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
