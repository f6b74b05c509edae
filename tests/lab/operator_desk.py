"""Somebody at work with kvmplan in a lab host: a folder with a configuration, and the commands run there."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from kvmplan.lab import LabHost

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
CODE = {"PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("planner", "plugins", "providers"))}
"""This checkout's, where the Python is that of another."""
KVMPLAN = (sys.executable, "-m", "kvmplan")
SNAPSHOT = """
nft -s list ruleset
virsh -q net-list --all
ip -br link | awk '{ print $1, $3 }' | grep -v '^vnet'
ls /etc/netplan; cat /etc/netplan/*
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """``lab``: where the commands run; ``folder``: where the configuration lies in it."""

    lab: LabHost
    folder: str = "/root/work"

    def write(self, name: str, text: str) -> None:
        self.lab.put(f"{self.folder}/{name}", text)

    def copy_example(self, name: str) -> None:
        for path in sorted((EXAMPLES / name).glob("*.kvm.hcl")):
            self.write(path.name, path.read_text())

    def run(self, *arguments: str, status: int | tuple[int, ...] = 0, timeout: float = 240) -> str:
        """What a command prints; fails the test when it ends with another ``status`` or with a traceback."""
        expected = status if isinstance(status, tuple) else (status,)
        done = self.lab.run([*KVMPLAN, *arguments], cwd=self.folder, check=False, timeout=timeout, env=CODE)
        output = done.stdout + done.stderr
        assert "Traceback" not in output, output
        assert done.returncode in expected, f"kvmplan {' '.join(arguments)} ended with {done.returncode}:\n{output}"
        return output

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """A command under way."""
        return subprocess.Popen(
            self.lab.command([*KVMPLAN, *arguments], cwd=self.folder),
            env={**CODE, "HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def snapshot(lab: LabHost) -> str:
    """What kvmplan may change on a host, as the host's own tools print it."""
    return lab.run(["sh", "-c", SNAPSHOT]).stdout


def fetch(lab: LabHost, port: int, path: str = "/", seconds: int = 90) -> str:
    """What an outside client gets from the host's address, trying until something comes."""
    address = lab.address
    script = (
        f"for i in $(seq {seconds}); do curl -sf -m 3 http://{address}:{port}{path} && exit 0; sleep 1; done; exit 1"
    )
    return lab.outside(["sh", "-c", script], timeout=4.0 * seconds + 10).stdout
