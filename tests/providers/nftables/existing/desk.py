"""The command line on a host in a namespace."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

MARKS = re.compile(r"\n\n\tchain kvmplan \{.*?\n\t\}", re.DOTALL)
COMMENTS = re.compile(r' comment "[^"]*"')


def without_marks(ruleset: str) -> str:
    """A ruleset without comments, and without what says whose all is."""
    return COMMENTS.sub("", MARKS.sub("", ruleset))


class Desk:
    """The command line on a host, in a folder."""

    def __init__(self, host: Any, folder: Path) -> None:
        self.host, self.folder = host, folder

    def run(self, *words: str, status: int = 0) -> str:
        done = self.host.run(
            ["env", "-C", str(self.folder), "COLUMNS=200", sys.executable, "-m", "kvmplan", *words],
            timeout=240,
        )
        told: str = (done.stdout + done.stderr).decode()
        assert done.status == status, told
        return told

    def write(self, imports: dict[str, str], blocks: str = "") -> None:
        text = "".join(f'import {{\n  to = {to}\n  id = "{id_}"\n}}\n' for to, id_ in imports.items())
        (self.folder / "main.kvm.hcl").write_text(text + blocks)
