"""What is particular to a host behind SSH: one connection, its loss, and errors that say what to do."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kvmplan.hosts import SshHost
from kvmplan.hosts.address import SshAddress
from kvmplan_sdk import HostError


def connection(host: SshHost) -> bytes:
    """What tells one connection from another: the client's port, as the far side sees it."""
    return host.run(["sh", "-c", "echo $SSH_CONNECTION"]).stdout


def lose_master(host: SshHost) -> None:
    subprocess.run(host._ssh(host._connected(), options=("-O", "exit")), check=True, capture_output=True)


def test_one_connection_carries_everything_until_closed(far: SshHost) -> None:
    with ThreadPoolExecutor(4) as threads:
        seen = set(threads.map(lambda _: connection(far), range(8)))
    assert len(seen) == 1
    far.close()
    assert connection(far) not in seen


def test_a_dead_master_is_replaced_and_its_sockets_forwarded_again(
    far: SshHost, greeter: str, greeting: Callable[[str], bytes]
) -> None:
    local, first = far.local_socket(greeter), connection(far)
    lose_master(far)
    assert connection(far) != first
    assert greeting(local) == b"hello"
    assert far.local_socket(greeter) == local


def test_close_leaves_no_sockets(far: SshHost, greeter: str) -> None:
    control, local = far._connected(), Path(far.local_socket(greeter))
    assert control.exists()
    assert local.exists()
    far.close()
    assert not control.exists()
    assert not local.exists()
    far.close()


def test_a_socket_that_is_not_there(far: SshHost) -> None:
    with pytest.raises(HostError, match="No socket /run/none"):
        far.local_socket("/run/none")


def test_nobody_listens() -> None:
    with pytest.raises(HostError, match=r"ssh://127.0.0.1:1: ssh said: .*Connection refused"):
        SshHost("far", SshAddress("127.0.0.1", None, 1), options=("-F", "none")).facts()


def test_an_unknown_host_key_is_never_accepted_silently(connect: Callable[..., SshHost]) -> None:
    with pytest.raises(HostError, match=r"Run `ssh .*` once by hand to check and accept the host's key"):
        connect("-o", "UserKnownHostsFile=/dev/null").facts()


def test_a_refused_login_says_that_a_key_is_needed(connect: Callable[..., SshHost]) -> None:
    with pytest.raises(HostError, match="Put your public key on the host"):
        connect("-o", "PubkeyAuthentication=no").facts()


def test_a_login_shell_that_chatters(far: SshHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kvmplan.hosts.ssh._PRELUDE", 'echo Welcome!; shift; exec "$@"')
    with pytest.raises(HostError, match="must print nothing"):
        far.facts()
