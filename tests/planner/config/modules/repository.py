"""Git repositories for tests."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

IDENTITY = ("-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgSign=false")


@dataclass(frozen=True, slots=True)
class Repository:
    path: Path

    @classmethod
    def make(cls, path: Path, files: Mapping[str, str]) -> Repository:
        """A repository whose branch ``main`` has one commit with ``files``."""
        path.mkdir(parents=True)
        made = cls(path)
        made.git("init", "--quiet", "--initial-branch", "main")
        made.commit(files)
        return made

    @property
    def source(self) -> str:
        return f"git::file://{self.path}"

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", *IDENTITY, *arguments], cwd=self.path, check=True, capture_output=True, text=True, timeout=60
        )
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str] | None = None) -> str:
        """Write ``files`` and commit everything; the commit."""
        for name, text in (files or {}).items():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        return self.git("rev-parse", "HEAD")


def module_text(name: str, source: str) -> str:
    return f'module "{name}" {{\n  source = "{source}"\n}}\n'


def output_text(value: str) -> str:
    return f'output "which" {{\n  value = "{value}"\n}}\n'
