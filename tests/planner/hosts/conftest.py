"""Both kinds of hosts; the SSH one goes to a real sshd on loopback with its own port, keys and configuration."""

from __future__ import annotations

import contextlib
import getpass
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kvmplan.hosts import LocalHost, SshHost
from kvmplan.hosts.address import SshAddress


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _keys(directory: Path) -> None:
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", directory / name], check=True)
    (directory / "authorized_keys").write_bytes((directory / "user_key.pub").read_bytes())


@pytest.fixture(scope="session")
def connect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., SshHost]]:
    """A function that makes hosts behind the sshd; its arguments are options of ssh(1) that come first."""
    binary = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if binary is None:
        pytest.skip("sshd is not installed (apt install openssh-server)")
    directory, port = tmp_path_factory.mktemp("sshd"), _free_port()
    _keys(directory)
    (directory / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {directory}/host_key\nPidFile none\nUsePAM no\n"
        f"AuthorizedKeysFile {directory}/authorized_keys\nStrictModes no\nPasswordAuthentication no\n"
    )
    if Path("/run").stat().st_uid == 0 and getpass.getuser() == "root":
        Path("/run/sshd").mkdir(exist_ok=True)
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen([binary, "-D", "-e", "-f", directory / "sshd_config"], stderr=log)
    _wait_for(port, process, directory / "log")
    key = (directory / "host_key.pub").read_text()
    (directory / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}")
    options = (
        *("-F", "none", "-i", f"{directory}/user_key"),
        *("-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-o", f"UserKnownHostsFile={directory}/known_hosts"),
    )
    address = SshAddress("127.0.0.1", getpass.getuser(), port)
    yield lambda *first: SshHost("far", address, options=(*first, *options))
    process.terminate()
    process.wait(60)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError(f"sshd did not start: {log.read_text()}")


@pytest.fixture(params=["local", "ssh"])
def host(request: pytest.FixtureRequest) -> Iterator[LocalHost | SshHost]:
    if request.param == "local":
        yield LocalHost("near")
        return
    far = request.getfixturevalue("connect")()
    yield far
    far.close()


@pytest.fixture
def far(connect: Callable[..., SshHost]) -> Iterator[SshHost]:
    host = connect()
    yield host
    host.close()


@pytest.fixture
def greeter(tmp_path: Path) -> Iterator[str]:
    """The path of a UNIX socket whose service says hello to whoever connects."""
    path = f"{tmp_path}/greeter"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        yield path
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            client.sendall(b"hello")
            client.close()


@pytest.fixture
def greeting() -> Callable[[str], bytes]:
    """What the service on a socket says."""

    def ask(path: str) -> bytes:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(60)
            client.connect(path)
            return client.recv(5)

    return ask
