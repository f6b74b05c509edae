"""A machine behind SSH: OpenSSH's own client, so that ~/.ssh/config, agents, jump hosts and known_hosts all count.

One master connection per host and run carries every command (ssh_config(5), ControlMaster); it is started when needed,
again when it has died, and ended by `close`. Nothing is retried: what a command did before the line broke is unknown.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shlex
import socket
import stat
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO

from kvmplan.hosts.address import SshAddress
from kvmplan.hosts.locks import holder, holding
from kvmplan.hosts.probe import probe
from kvmplan.hosts.process import SYSTEM_PATH, not_startable, run_process, timed_out
from kvmplan_sdk.host import Completed, Facts, HostError

_CONNECTION_FAILED = 255
_KILLED = 255  # ssh(1) has no other status for a command that a signal ended
_PRELUDE = f'PATH="$PATH:{SYSTEM_PATH}" LC_ALL=C; export PATH LC_ALL; exec timeout -s KILL "$@"'
# The length is checked before the rename: a line that breaks looks to `cat` like the end of the data.
_WRITE = """set -eu
umask 077
directory=$(dirname -- "$1")
temporary=$(mktemp -- "$directory/.kvmplan-XXXXXX")
trap 'rm -f -- "$temporary"' EXIT
cat >"$temporary"
[ "$(wc -c <"$temporary")" -eq "$3" ] || { echo "the data did not arrive whole" >&2; exit 1; }
chmod -- "$2" "$temporary"
sync -- "$temporary"
mv -fT -- "$temporary" "$1"
trap - EXIT
sync -- "$directory"
"""


class SshHost:
    """The machine that ``destination`` leads to, as the user logged in there. Safe to use from several threads."""

    def __init__(self, name: str, destination: SshAddress, *, options: Sequence[str] = ()) -> None:
        """``options`` are further arguments of ssh(1), before ours; they win over ~/.ssh/config."""
        self.name = name
        self.address = str(destination)
        self._destination = destination
        self._options = tuple(options)
        self._lock = threading.Lock()
        self._probing = threading.Lock()
        self._forwards: dict[str, str] = {}
        self._control: Path | None = None
        self._facts: Facts | None = None

    def run(self, argv: Sequence[str], *, input: bytes = b"", timeout: float = 60) -> Completed:  # noqa: A002
        control = self._connected()
        far = shlex.join(["sh", "-c", _PRELUDE, "sh", f"{timeout:g}", *argv])
        began = time.monotonic()
        # The far side ends the command in time; the margin is for the line, and only runs out when that hangs.
        ran = run_process(self._ssh(control, far), stdin=input, timeout=timeout + 10, where=self.name)
        if ran.status == _CONNECTION_FAILED and not _answers(control):
            raise self._unreachable(ran.stderr)
        if ran.status == _KILLED and time.monotonic() - began >= timeout:
            raise timed_out(argv, self.name, timeout)
        if ran.status in (126, 127) and ran.stderr.startswith(b"timeout: failed to run command"):
            raise not_startable(argv, self.name, ran.stderr.decode(errors="replace").strip().rpartition(": ")[2])
        return Completed(tuple(argv), ran.status, ran.stdout, ran.stderr)

    def read_file(self, path: str) -> bytes | None:
        completed = self.run(["cat", "--", path])
        if not completed.ok and completed.stderr.rstrip().endswith(b"No such file or directory"):
            return None
        self._must(completed, "read", path)
        return completed.stdout

    def write_file(self, path: str, data: bytes, mode: int = 0o600) -> None:
        argv = ["sh", "-c", _WRITE, "sh", path, f"{mode:o}", str(len(data))]
        self._must(self.run(argv, input=data), "write", path)

    def remove_file(self, path: str) -> None:
        self._must(self.run(["rm", "-f", "--", path]), "remove", path)

    def local_socket(self, path: str) -> str:
        if not self.run(["test", "-S", path]).ok:
            raise HostError(f"No socket {path} on {self.name}", "Start the service that listens on it.")
        with self._lock:
            if path not in self._forwards:
                local = str(self._socket_path(path))
                self._forward(local, path)
                self._forwards[path] = local
            return self._forwards[path]

    def facts(self) -> Facts:
        with self._probing:  # the lanes of a host ask at the same moment
            if self._facts is None:
                self._facts = probe(self)
            return self._facts

    def lock(self, name: str, stopping: Callable[[], bool]) -> AbstractContextManager[None]:
        return holding(self._ssh(self._connected(), shlex.join(holder(name))), name, self.name, stopping)

    def close(self) -> None:
        """End the master connection, and with it every forwarded socket."""
        with self._lock:
            control, self._control = self._control, None
            if control is not None and _answers(control):
                with contextlib.suppress(HostError):  # then ControlPersist ends it
                    run_process(self._ssh(control, options=("-O", "exit")), stdin=b"", timeout=10, where=self.name)
                control.unlink(missing_ok=True)
            for local in self._forwards.values():
                Path(local).unlink(missing_ok=True)
            self._forwards.clear()

    def _ssh(self, control: Path, command: str = "", options: Sequence[str] = ()) -> list[str]:
        ours = ["-oBatchMode=yes", "-oControlMaster=no", f"-oControlPath={control}", "-oRemoteCommand=none", "-T"]
        return ["ssh", *self._options, *ours, *options, *self._destination.arguments, *([command] if command else [])]

    def _connected(self) -> Path:
        """The control socket of a master that answers, started first where there is none."""
        with self._lock:
            control = self._control or self._socket_path("")
            if not _answers(control):
                control.unlink(missing_ok=True)
                self._start_master(control)
                self._control = control
                for path, local in self._forwards.items():
                    self._forward(local, path)
            return control

    def _start_master(self, control: Path) -> None:
        options = [
            f"-oControlPath={control}",
            "-oControlMaster=yes",
            "-oControlPersist=60",  # ends a master whose kvmplan was killed
            "-oBatchMode=yes",
            "-oRemoteCommand=none",
            "-oConnectTimeout=10",
            "-oServerAliveInterval=10",
            "-oServerAliveCountMax=3",
            "-oClearAllForwardings=yes",  # the user's own, which would be refused the second time
            "-oStreamLocalBindUnlink=yes",
            "-oStreamLocalBindMask=0177",
        ]
        argv = ["ssh", *self._options, *options, "-fNT", *self._destination.arguments]
        # A file, no pipe: the master stays behind in the background and would hold a pipe open.
        with tempfile.TemporaryFile() as said:
            status = self._detached(argv, said)
            said.seek(0)
            if status:
                raise self._unreachable(said.read())

    @staticmethod
    def _detached(argv: Sequence[str], said: IO[bytes]) -> int:
        nothing = subprocess.DEVNULL
        try:
            return subprocess.run(
                argv, stdin=nothing, stdout=nothing, stderr=said, start_new_session=True, timeout=60, check=False
            ).returncode
        except FileNotFoundError:
            raise HostError("ssh is not installed", "Install it on this machine: apt install openssh-client") from None
        except subprocess.TimeoutExpired:
            return _CONNECTION_FAILED

    def _forward(self, local: str, remote: str) -> None:
        options = ("-O", "forward", "-L", f"{local}:{remote}")
        assert self._control is not None
        done = run_process(self._ssh(self._control, options=options), stdin=b"", timeout=10, where=self.name)
        if not done.ok:
            detail = f"ssh said: {_text(done.stderr)} Check AllowStreamLocalForwarding in the host's sshd_config."
            raise HostError(f"Cannot forward the socket {remote} of {self.name}", detail)

    def _socket_path(self, purpose: str) -> Path:
        """A short path of our own: a UNIX socket's may have 107 bytes, and ssh adds 17 while it makes one."""
        digest = hashlib.sha256(f"{os.getpid()} {id(self)} {self.address} {purpose}".encode()).hexdigest()
        return _runtime_directory() / digest[:16]

    def _must(self, completed: Completed, verb: str, path: str) -> None:
        if not completed.ok:
            said = _text(completed.stderr)
            hint = " Connect as root: ssh://root@..." if "Permission denied" in said else ""
            raise HostError(f"Cannot {verb} {path} on {self.name}", f"{said}{hint}")

    def _unreachable(self, said: bytes) -> HostError:
        text = _text(said)
        command = shlex.join(["ssh", *self._destination.arguments])
        hint = f"Try `{command}`: it must log in without asking for anything."
        if "verification failed" in text:
            hint = f"Run `{command}` once by hand to check and accept the host's key."
        elif "Permission denied" in text:
            hint = f"Put your public key on the host or load it with ssh-add; `{command}` must not ask for a password."
        return HostError(f"Host {self.name} cannot be reached", f"{self.address}: ssh said: {text.rstrip('.')}. {hint}")


def _answers(control: Path) -> bool:
    """Whether a master listens on its control socket."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(control)) == 0


def _runtime_directory() -> Path:
    """A directory that is ours alone. Raises `HostError` when somebody else's is in its place."""
    base = os.environ.get("XDG_RUNTIME_DIR", "")
    if not base or len(base) > 50 or not os.access(base, os.W_OK):
        base = "/tmp"  # noqa: S108 - checked below
    directory = Path(base) / f"kvmplan-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise HostError(f"{directory} is not safe", "It is not a directory of yours with mode 0700. Remove it.")
    return directory


def _text(said: bytes) -> str:
    text = said.decode(errors="replace").strip().replace("\r", "")
    return text or "nothing."
