"""A network namespace of its own for every test, with the real nft in it; as root or not."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest

from kvmplan_nftables import NftablesProvider
from kvmplan_sdk import Session

from .namespace_host import NamespaceHost

LINEAGE = "8d0f5c5e-0000-4000-8000-000000000000"


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
