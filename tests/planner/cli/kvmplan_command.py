"""The command as users run it: a process of its own, the toy provider installed beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PATHS = [ROOT / "planner", ROOT / "plugins", ROOT / "providers", Path(__file__).parents[1] / "toy"]


@dataclass(frozen=True)
class Said:
    status: int
    stdout: str
    stderr: str


def environment(**more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("KVMPLAN", "FORCE_COLOR"))}
    return {**inherited, "PYTHONPATH": os.pathsep.join(map(str, PATHS)), "COLUMNS": "100", **more}


def kvmplan(*arguments: str, cwd: Path, stdin: str = "", **more: str) -> Said:
    done = subprocess.run(
        [sys.executable, "-m", "kvmplan", *arguments],
        cwd=cwd,
        env=environment(**more),
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Said(done.returncode, done.stdout, done.stderr)
