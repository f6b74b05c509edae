"""One lab host, as tests, scripts and the command line handle it."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from kvmplan.lab import guest as guests
from kvmplan.lab import lifecycle, line
from kvmplan.lab.addressing import checked_name
from kvmplan.lab.errors import LabError
from kvmplan.lab.lifecycle import Progress, Wish
from kvmplan.lab.process import ENVIRONMENT, ProcessId, call, last_words
from kvmplan.lab.registry import HostRecord, Registry

RUN_SECONDS = 120.0
_IN_FOLDER = ("sh", "-c", 'cd -- "$1" 2>/dev/null || cd /; shift; exec "$@"', "sh")
_PASSED = ("TERM", "PATH", "LANG", "TZ", "NO_COLOR", "COLORTERM", "COLUMNS", "LINES", "VIRTUAL_ENV", "EDITOR", "PAGER")
_PASSED_PREFIXES = ("LC_", "PYTHON", "KVMPLAN_", "CLICOLOR")


def quiet(message: str) -> None:
    """The progress listener that says nothing."""


@dataclass(frozen=True, slots=True)
class LabHost:
    """A running lab host. As a context manager it is ended at the end of the block."""

    name: str
    address: str
    segment: str
    registry: Registry = field(default_factory=Registry.default)

    @classmethod
    def up(
        cls,
        name: str,
        *,
        segment: str = "lan",
        nics: int = 1,
        address: str | None = None,
        bind: Iterable[str] = (),
        progress: Progress = quiet,
    ) -> LabHost:
        """Make the host ``name``, or find it up already; returns when systemd, network, libvirt and SSH answer.

        ``nics`` is the number of NICs on the segment: ens3 has the address, the further ones are unconfigured. ``bind``
        are folders to be seen inside besides the caller's checkout and Python. Raises LabError and leaves nothing.
        """
        registry = Registry.default()
        wish = Wish(name, segment, nics, address, tuple(bind))
        return cls._of(lifecycle.make(registry, wish, progress), registry)

    @classmethod
    def find(cls, name: str) -> LabHost:
        """The running host ``name``; raises LabError where there is none."""
        registry = Registry.default()
        record = registry.host(checked_name(name))
        if record is None:
            known = ", ".join(host.name for host in registry.hosts()) or "none"
            raise LabError(f"there is no lab host {name} (there are: {known}); make it: kvmplan lab up {name}")
        host = cls._of(record, registry)
        host.init()
        return host

    @classmethod
    def _of(cls, record: HostRecord, registry: Registry) -> LabHost:
        return cls(record.name, record.address, record.segment, registry)

    def run(
        self,
        argv: Sequence[str],
        *,
        input: str | bytes | None = None,  # noqa: A002  the name subprocess.run taught everyone
        timeout: float = RUN_SECONDS,
        check: bool = True,
        cwd: str = "/root",
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the host as root and wait at most ``timeout`` seconds for it.

        ``env`` is added to a small clean environment. Raises LabError on timeout, and with ``check`` on a non-zero
        exit.
        """
        return _finish(self.command(argv, cwd=cwd), argv, input, timeout, check, {"HOME": "/root", **(env or {})})

    def outside(
        self,
        argv: Sequence[str],
        *,
        input: str | bytes | None = None,  # noqa: A002
        timeout: float = RUN_SECONDS,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command on this machine, but in the network of the host's segment: the outside client."""
        return _finish(self.outside_command(argv), argv, input, timeout, check, {"HOME": "/root"})

    def put(self, path: str, data: str | bytes, mode: int = 0o644) -> None:
        """Write a file in the host, making its folders."""
        script = f'mkdir -p -- "$(dirname -- "$1")" && cat >"$1" && chmod {mode:o} -- "$1"'
        self.run(["sh", "-c", script, "sh", path], input=data)

    def get(self, path: str) -> str:
        """The text of a file in the host; raises LabError where it cannot be read."""
        return self.run(["cat", "--", path]).stdout

    def guest(
        self,
        name: str,
        *,
        networks: Sequence[str] = (),
        bridges: Sequence[str] = (),
        memory: int = guests.MEMORY_MIB,
        minds_carrier: bool = False,
        program: Path | None = None,
        progress: Progress = quiet,
    ) -> str:
        """Define and start a small real guest with a NIC for each network and bridge named; its name.

        Without any it has no NIC, and free slots to hot-plug some. ``memory`` is in MiB;
        ``minds_carrier``: whether it asks for another address when its cable was pulled; ``program``: a Python program
        that is to be there as ``/program.py``. Returns when the guest's system is up and serves its page; leases come
        later (see `guest_address`). Raises LabError.
        """
        guest = guests.Guest(name, tuple(networks), tuple(bridges), memory, minds_carrier, program)
        return guests.start(self, guest, progress)

    def inside(
        self, guest: str, script: str, *, timeout: float = RUN_SECONDS, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run a shell script in the guest, over a serial line: it needs no network. What it prints is in ``stdout``.

        Raises LabError where no answer comes, and with ``check`` on a non-zero exit.
        """
        done = line.run(f"/proc/{self.init().pid}/root{line.path(guest)}", script, timeout)
        if check and done.returncode != 0:
            raise LabError(f"in {guest}: {script!r} failed ({done.returncode}): {last_words(done.stdout.encode())}")
        return done

    def guest_address(self, name: str, *, timeout: float = 120.0, mac: str | None = None) -> str:
        """The IPv4 address the guest ``name`` got by DHCP (on the NIC ``mac``), as it says itself. Raises LabError."""
        return guests.await_address(self, name, timeout, mac)

    def console(self, guest: str) -> str:
        """What the guest has written to its serial console so far; empty where it never ran."""
        return self.run(["cat", "--", guests.console_path(guest)], check=False).stdout

    def guests(self) -> list[str]:
        """The names of the running guests."""
        return self.run(["virsh", "-q", "list", "--name"]).stdout.split()

    def reboot(self) -> None:
        """Restart the host and wait until it answers again: its files stay, guests and all that a kernel forgets go."""
        lifecycle.reboot(self.registry, self.name)

    def down(self) -> None:
        """End the host and everything of it; does nothing where it is gone already."""
        lifecycle.unmake(self.registry, self.name)

    def init(self) -> ProcessId:
        """The host's own PID 1, as the machine numbers it; raises LabError where the host does not run."""
        record = self.registry.host(self.name)
        if record is None or record.init is None or not record.init.alive():
            raise LabError(f"the lab host {self.name} does not run (any more); clear it: kvmplan lab down {self.name}")
        return record.init

    def command(self, argv: Sequence[str], *, cwd: str) -> list[str]:
        """The command line that runs ``argv`` in the host, in the folder ``cwd`` if it exists there."""
        return ["nsenter", "-t", str(self.init().pid), "-a", "--", *_IN_FOLDER, cwd, *argv]

    def outside_command(self, argv: Sequence[str]) -> list[str]:
        """The command line that runs ``argv`` in the network of the host's segment."""
        record = self.registry.segment(self.segment)
        if record is None or record.process is None or not record.process.alive():
            raise LabError(f"the segment {self.segment} does not exist (any more)")
        holder = str(record.process.pid)
        return ["nsenter", "-t", holder, "--mount", "--net", "--", *_IN_FOLDER, str(Path.cwd()), *argv]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()


def passed_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What of the caller's environment goes along into a host: terminal, language, Python, kvmplan's own."""
    kept = {name: value for name, value in environment.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}
    path = [*kept.get("PATH", "").split(":"), *ENVIRONMENT["PATH"].split(":")]
    return {"LANG": "C.UTF-8", **kept, "PATH": ":".join(dict.fromkeys(filter(None, path))), "HOME": "/root"}


def _finish(
    command: Sequence[str],
    argv: Sequence[str],
    data: str | bytes | None,
    timeout: float,
    check: bool,
    env: Mapping[str, str],
) -> subprocess.CompletedProcess[str]:
    raw = data.encode() if isinstance(data, str) else data
    done = call(command, timeout=timeout, data=raw, env={**ENVIRONMENT, **env}, check=False)
    if check and done.returncode != 0:
        said = last_words(done.stderr or done.stdout)
        raise LabError(f"{shlex.join(argv)} failed ({done.returncode}): {said}")
    out, err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    return subprocess.CompletedProcess(list(argv), done.returncode, out, err)
