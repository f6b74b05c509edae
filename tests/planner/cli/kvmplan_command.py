"""The command as users run it: a process of its own, the toy provider installed beside it."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO

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
    """Run ``kvmplan ARGUMENTS`` in ``cwd``, with ``more`` in its environment."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("stdin", "stdout", "stderr")]
        files[0].write_text(stdin)
        for path in files[1:]:
            path.touch()
        request = {
            "arguments": arguments,
            "cwd": str(cwd),
            "environment": environment(**more),
            "files": list(map(str, files)),
        }
        asking, answering = _server()
        asking.write(json.dumps(request).encode() + b"\n")
        asking.flush()
        status = int(answering.readline())
        return Said(status, *(path.read_text() for path in files[1:]))


@cache
def _server() -> tuple[IO[bytes], IO[bytes]]:
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("fork_server.py"))],
        env=environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert server.stdin is not None and server.stdout is not None
    atexit.register(server.stdin.close)
    return server.stdin, server.stdout
