"""A lab host as a provider reaches it: `kvmplan_sdk.host.Host`, without SSH between."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from kvmplan.hosts.probe import probe
from kvmplan.lab import LabHost
from kvmplan_sdk import Completed, Facts, HostError


class ProviderHost:
    def __init__(self, lab: LabHost) -> None:
        self.lab = lab
        self.name = lab.name
        self.address = lab.address

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 60) -> Completed:  # noqa: A002
        done = self.lab.run(argv, input=input, timeout=timeout, check=False)
        return Completed(tuple(argv), done.returncode, done.stdout.encode(), done.stderr.encode())

    def read_file(self, path: str) -> bytes | None:
        done = self.run(["cat", "--", path])
        return done.stdout if done.ok else None

    def write_file(self, path: str, data: bytes, mode: int = 0o600) -> None:
        self.lab.put(path, data, mode)

    def remove_file(self, path: str) -> None:
        self.lab.run(["rm", "-f", "--", path])

    def local_socket(self, path: str) -> str:
        raise HostError(f"no way to {path} from here")

    def facts(self) -> Facts:
        return probe(self)

    def lock(self, name: str, stopping: Callable[[], bool]) -> AbstractContextManager[None]:
        del name, stopping
        return nullcontext()
