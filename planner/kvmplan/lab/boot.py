"""Booting a lab host: the container's command line, its PID 1, and waiting until everything in it answers."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from kvmplan.lab.errors import LabError
from kvmplan.lab.process import POLL, ProcessId, call, last_words, stat_fields

# /tmp is mounted by us already, with the caller's folders below it.
ENVIRONMENT = {
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1",
    "SYSTEMD_NSPAWN_LOCK": "0",
    "SYSTEMD_NSPAWN_TMPFS_TMP": "0",
}
# A lab host may do to its own namespaces what it likes; the machine's clock, modules and ports stay out of its reach.
_DROPPED = "CAP_SYS_TIME,CAP_SYS_MODULE,CAP_SYS_RAWIO"


# The container manager ends with status 133 where the host asks for a reboot. The host's root, cables and their names
# outlive it; what a kernel forgets does not.
_AGAIN = """\
while "$@"; [ $? = 133 ]; do
  nft flush ruleset
  for link in $(ip -o link | cut -d: -f2 | cut -d@ -f1); do
    case $link in
      lo) ip addr flush lo scope global ;;
      ens*) ip link set "$link" nomaster down; ip addr flush dev "$link" ;;
      *) ip link del "$link" 2>/dev/null ;;
    esac
  done
  echo 0 >/proc/sys/net/ipv4/ip_forward
done
"""


def container_command(name: str, base: Path, *, systemd: bool) -> list[str]:
    """The container manager's command line, to run in the namespaces its host's cables are plugged into.

    ``systemd`` says whether the machine's own PID 1 is systemd: then the container gets a scope of its own.
    """
    scope = ["--property=DeviceAllow=/dev/kvm rwm"] if systemd else ["--keep-unit"]
    return [
        *("sh", "-c", _AGAIN, "sh"),
        "systemd-nspawn",
        "--quiet",
        f"--directory={base}/fs/root",
        "--boot",
        f"--machine=kvmplan-lab-{name}",
        f"--hostname={name}",
        "--register=no",
        "--settings=no",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--network-namespace-path=/proc/self/ns/net",
        *(f"--bind-ro=/proc/sys/{part}" for part in ("fs", "kernel", "vm")),
        "--capability=all",
        f"--drop-capability={_DROPPED}",
        *scope,
    ]


def machine_runs_systemd() -> bool:
    """Whether this machine's PID 1 is systemd."""
    return Path("/run/systemd/system").is_dir()


def first_process(manager: ProcessId, console: Path, timeout: float) -> ProcessId:
    """PID 1 of the container ``manager`` runs, as the machine numbers it; raises LabError if none comes up."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if not manager.alive():
            raise LabError(f"the container ended while starting: {last_words(_tail(console))}")
        if (first := containers_first(manager)) is not None:
            return first
        time.sleep(POLL)
    raise LabError(f"the container did not start within {timeout:.0f} s: {last_words(_tail(console))}")


def await_booted(init: ProcessId, timeout: float) -> None:
    """Wait until the services of the container are up; raises LabError naming what failed or hangs."""
    deadline = time.monotonic() + timeout
    state = "starting"
    while (left := deadline - time.monotonic()) > 0:
        if not init.alive():
            raise LabError("the lab host ended while booting")
        done = enter(init, ["systemctl", "is-system-running", "--wait"], timeout=left, check=False)
        state = done.stdout.decode(errors="replace").strip()
        if state in ("running", "degraded"):
            return
        time.sleep(POLL)
    jobs = enter(init, ["systemctl", "list-jobs", "--no-legend"], timeout=5.0, check=False).stdout
    raise LabError(f"the lab host did not boot within {timeout:.0f} s ({state}): {last_words(jobs)}")


def await_answer(init: ProcessId, what: str, argv: Sequence[str], timeout: float) -> None:
    """Wait until ``argv`` succeeds inside; raises LabError that says ``what`` does not answer."""
    deadline = time.monotonic() + timeout
    while True:
        left = max(deadline - time.monotonic(), 1.0)
        done = enter(init, argv, timeout=left, check=False)
        if done.returncode == 0:
            return
        if time.monotonic() >= deadline or not init.alive():
            raise LabError(f"{what} did not answer within {timeout:.0f} s: {last_words(done.stderr or done.stdout)}")
        time.sleep(POLL)


def enter(
    init: ProcessId, argv: Sequence[str], *, timeout: float, check: bool = True
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in all namespaces of the container. Raises LabError on failure or timeout."""
    return call(["nsenter", "-t", str(init.pid), "-a", "--", *argv], timeout=timeout, check=check)


def containers_first(manager: ProcessId) -> ProcessId | None:
    """PID 1 of the container ``manager`` runs, ``None`` where there is none."""
    for pid in _descendants(manager.pid):
        process = ProcessId.of(pid)
        if process is not None and _is_first(pid):
            return process
    return None


def _is_first(pid: int) -> bool:
    """Whether ``pid`` is number 1 in a PID namespace of its own that has got as far as running systemd."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    numbers = fields.get("NSpid", "").split()
    return len(numbers) > 1 and numbers[-1] == "1" and fields.get("Name") in ("systemd", "init")


def _descendants(pid: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat_fields(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, ahead = [], [pid]
    while ahead:
        children = parents.get(ahead.pop(), [])
        found += children
        ahead += children
    return found


def _tail(path: Path) -> bytes:
    try:
        return path.read_bytes()[-4000:]
    except OSError:
        return b""
