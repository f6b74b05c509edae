"""The command line on a host in a namespace."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


class Desk:
    """The command line on a host, in a folder."""

    def __init__(self, host: Any, folder: Path) -> None:
        self.host, self.folder = host, folder

    def run(self, *words: str, status: int = 0) -> str:
        done = self.host.run(
            ["env", "-C", str(self.folder), "COLUMNS=200", sys.executable, "-m", "kvmplan", *words, "--no-color"],
            timeout=240,
        )
        told: str = (done.stdout + done.stderr).decode()
        assert done.status == status, told
        return told

    def write(self, imports: dict[str, str], blocks: str = "") -> None:
        text = "".join(f'import {{\n  to = {to}\n  id = "{id_}"\n}}\n' for to, id_ in imports.items())
        (self.folder / "main.kvm.hcl").write_text(text + blocks)
