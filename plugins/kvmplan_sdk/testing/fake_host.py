"""Hosts for tests: one in memory that answers from a table, and a wrapper that records what a real one is asked.

Both can be told to fail at the N-th call, to try what a provider leaves behind when a host dies under it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from kvmplan_sdk.host import Completed, Facts, Host, HostError

Answer = bytes | Completed | HostError | Callable[[tuple[str, ...], bytes], "bytes | Completed"]
"""What a command gets: its standard output, the whole result, an error to raise, or a function of argv and stdin."""

FACTS = Facts(
    "kvm1", "6.1.0", 0, {tool: f"/usr/sbin/{tool}" for tool in ("ip", "netplan", "nft", "systemctl", "virsh")}
)


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a host: the method, its arguments as text (argv, or the path), and the data handed over."""

    method: str
    arguments: tuple[str, ...]
    data: bytes = b""


class RecordingHost:
    """Passes everything on to ``host`` and keeps it in ``calls``; call number ``fail_at`` (from 0) fails instead."""

    def __init__(self, host: Host, *, fail_at: int | None = None) -> None:
        self.inner = host
        self.name = host.name
        self.address = host.address
        self.calls: list[Call] = []
        self.fail_at = fail_at

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 60) -> Completed:  # noqa: A002
        self._record(Call("run", tuple(argv), input))
        return self.inner.run(argv, input=input, timeout=timeout)

    def read_file(self, path: str) -> bytes | None:
        self._record(Call("read_file", (path,)))
        return self.inner.read_file(path)

    def write_file(self, path: str, data: bytes, mode: int = 0o600) -> None:
        self._record(Call("write_file", (path, f"{mode:o}"), data))
        self.inner.write_file(path, data, mode)

    def remove_file(self, path: str) -> None:
        self._record(Call("remove_file", (path,)))
        self.inner.remove_file(path)

    def local_socket(self, path: str) -> str:
        self._record(Call("local_socket", (path,)))
        return self.inner.local_socket(path)

    def facts(self) -> Facts:
        return self.inner.facts()

    def lock(self, name: str, stopping: Callable[[], bool]) -> AbstractContextManager[None]:
        """Not recorded: it changes nothing."""
        return self.inner.lock(name, stopping)

    def _record(self, call: Call) -> None:
        self.calls.append(call)
        if self.fail_at is not None and len(self.calls) > self.fail_at:
            raise HostError(f"Host {self.name} cannot be reached", f"Call {self.fail_at} was told to fail.")


class _Memory:
    """The host inside a `FakeHost`."""

    def __init__(self, name: str, address: str, answers: dict[tuple[str, ...], Answer], facts: Facts) -> None:
        self.name = name
        self.address = address
        self.answers = answers
        self.files: dict[str, bytes] = {}
        self._facts = facts

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 60) -> Completed:  # noqa: A002
        del timeout
        asked = tuple(argv)
        known = (asked[:length] for length in range(len(asked), 0, -1) if asked[:length] in self.answers)
        prefix = next(known, None)
        if prefix is None:
            raise AssertionError(f"the fake host has no answer to {asked}; it knows {sorted(self.answers)}")
        answer = self.answers[prefix]
        if isinstance(answer, HostError):
            raise answer
        if not isinstance(answer, (bytes, Completed)):
            answer = answer(asked, input)
        return answer if isinstance(answer, Completed) else Completed(asked, 0, answer, b"")

    def read_file(self, path: str) -> bytes | None:
        return self.files.get(path)

    def write_file(self, path: str, data: bytes, mode: int = 0o600) -> None:
        del mode
        self.files[path] = data

    def remove_file(self, path: str) -> None:
        self.files.pop(path, None)

    def local_socket(self, path: str) -> str:
        return path

    def facts(self) -> Facts:
        return self._facts

    def lock(self, name: str, stopping: Callable[[], bool]) -> AbstractContextManager[None]:
        del name, stopping
        return nullcontext()


class FakeHost(RecordingHost):
    """A host in memory. ``answers`` maps the beginning of an argv to its answer, the longest match wins; a command
    without one is an `AssertionError`. Files live in ``files``; both may be changed while a test runs.
    """

    def __init__(
        self,
        name: str = "local",
        *,
        address: str = "local",
        answers: Mapping[tuple[str, ...], Answer] | None = None,
        files: Mapping[str, bytes] | None = None,
        facts: Facts = FACTS,
        fail_at: int | None = None,
    ) -> None:
        memory = _Memory(name, address, dict(answers or {}), facts)
        memory.files.update(files or {})
        super().__init__(memory, fail_at=fail_at)
        self.answers = memory.answers
        self.files = memory.files
