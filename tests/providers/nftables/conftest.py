"""A network namespace of its own for every test, with the real nft in it; as root or not."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Completed, Facts, Session

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"


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

    def nft(self, text: str) -> str:
        """Run nft's own language; returns what it prints."""
        done = self.run(["nft", "-f", "-"], input=text.encode())
        assert done.ok, done.stderr.decode()
        return done.stdout.decode()

    def ruleset(self) -> str:
        return self.nft("list ruleset\n")


@pytest.fixture
def host() -> Iterator[NamespaceHost]:
    nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if nft is None:
        pytest.skip("nft is not installed (apt install nftables)")
    sleeper = subprocess.Popen(
        ["unshare", "-Urnm", "sh", "-c", "ip link set lo up; echo ready; exec sleep 600"], stdout=subprocess.PIPE
    )
    assert sleeper.stdout is not None
    ready = sleeper.stdout.readline()
    try:
        if not ready:
            pytest.skip("unprivileged user namespaces are not allowed here")
        yield NamespaceHost(sleeper.pid, {"nft": nft, "ip": shutil.which("ip")})
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.fixture
def open_session(host: NamespaceHost) -> Callable[[], Session]:
    return lambda: NftablesProvider().open(host, {}, LINEAGE)
