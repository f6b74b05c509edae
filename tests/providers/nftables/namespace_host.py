"""This machine as a host, seen from inside a network namespace."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext

from kvmplan_sdk import Completed, Facts


class NamespaceHost:
    """This machine as seen from inside the namespaces of a sleeping process, where we are root."""

    def __init__(self, process: int, tools: dict[str, str | None]) -> None:
        self.name = "netns"
        self.address = "local"
        self.enter = ["nsenter", "-U", "--preserve-credentials", "-n", "-m", "-t", str(process)]
        self._facts = Facts("netns", os.uname().release, 0, tools)

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 60) -> Completed:  # noqa: A002
        ran = subprocess.run([*self.enter, *argv], input=input, capture_output=True, timeout=timeout, check=False)
        return Completed(tuple(argv), ran.returncode, ran.stdout, ran.stderr)

    def read_file(self, path: str) -> bytes | None:
        done = self.run(["cat", path])
        return done.stdout if done.ok else None

    def write_file(self, path: str, data: bytes, mode: int = 0o600) -> None:
        raise NotImplementedError

    def remove_file(self, path: str) -> None:
        raise NotImplementedError

    def local_socket(self, path: str) -> str:
        return path

    def facts(self) -> Facts:
        return self._facts

    def lock(self, name: str, stopping: Callable[[], bool]) -> AbstractContextManager[None]:
        del name, stopping
        return nullcontext()

    def nft(self, text: str) -> str:
        """Run nft's own language; returns what it prints."""
        done = self.run(["nft", "-f", "-"], input=text.encode())
        assert done.ok, done.stderr.decode()
        return done.stdout.decode()

    def ruleset(self) -> str:
        return self.nft("list ruleset\n")
