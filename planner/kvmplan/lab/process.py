"""Processes the lab starts: told apart from strangers that got the same number, and ended within a known time."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kvmplan.lab.errors import LabError

POLL = 0.02
# What the lab's own commands see: sbin also where a login shell left it out, and messages in one language.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process that stays identified after its number is used again.

    ``start`` is the kernel's start time in clock ticks after boot, ``boot`` the id of that boot.
    """

    pid: int
    start: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """The identity of the running process ``pid``; ``None`` where there is none, or only a zombie."""
        fields = stat_fields(pid)
        if fields is None or fields[0] in "ZX":
            return None
        return cls(pid, int(fields[19]), boot_id())

    def alive(self) -> bool:
        """Whether exactly this process still runs. A zombie of ours is reaped and counts as gone."""
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, os.WNOHANG)
        return ProcessId.of(self.pid) == self

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the process is still the one meant."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds for the end; whether it came."""
        deadline = time.monotonic() + timeout
        while self.alive():
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL)
        return True


def boot_id() -> str:
    """The id the kernel drew at this boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def stat_fields(pid: int) -> list[str] | None:
    """The fields of ``/proc/PID/stat`` from the state on; ``None`` where there is no such process."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def call(
    argv: Sequence[str],
    *,
    timeout: float,
    data: bytes | None = None,
    env: Mapping[str, str] | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end, with its output captured and its whole process group ended on timeout.

    Raises LabError with the command's last words where it fails (unless ``check`` is false), runs longer than
    ``timeout`` seconds or does not exist.
    """
    with _start(argv, env) as process:
        try:
            out, err = process.communicate(data, timeout=timeout)
        except subprocess.TimeoutExpired:
            _end_group(process)
            raise LabError(f"{_short(argv)} did not finish within {timeout:g} s") from None
        except BaseException:
            _end_group(process)
            raise
    if check and process.returncode != 0:
        raise LabError(f"{_short(argv)} failed ({process.returncode}): {last_words(err or out)}")
    return subprocess.CompletedProcess(list(argv), process.returncode, out, err)


def last_words(output: bytes, lines: int = 5) -> str:
    """The last lines of what a command said, on one line."""
    kept = [line.strip() for line in output.decode(errors="replace").splitlines() if line.strip()]
    return " | ".join(kept[-lines:]) or "it said nothing"


def _start(argv: Sequence[str], env: Mapping[str, str] | None) -> subprocess.Popen[bytes]:
    try:
        # A session of its own: Ctrl-C is for us, who then end the children in order.
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=ENVIRONMENT if env is None else env,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise LabError(f"{argv[0]} is not installed") from None


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _short(argv: Sequence[str]) -> str:
    text = " ".join(argv)
    return text if len(text) <= 120 else text[:117] + "..."
