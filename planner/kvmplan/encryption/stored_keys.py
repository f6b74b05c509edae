"""Keys that are kept somewhere: in the environment, in a file, or where a command finds them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kvmplan.encryption.keys import Key, key_from_text
from kvmplan_sdk.diagnostics import DiagnosticError, SourceRange, error


@dataclass(slots=True)
class StoredKey:
    """A key that is read once, and needs no recipe."""

    where: SourceRange | None = field(default=None, kw_only=True)
    kind: str = field(default="", init=False)
    _key: Key | None = field(default=None, init=False, repr=False)

    def key(self) -> Key:
        if self._key is None:
            text, what = self._read()
            self._key = Key(key_from_text(text, what, self.where), {})
        return self._key

    def again(self, _recipe: Mapping[str, Any]) -> Key:
        return self.key()

    def _read(self) -> tuple[str, str]:
        """The key's text, and how to name it. Raises `DiagnosticError`."""
        raise NotImplementedError

    def _missing(self, detail: str) -> DiagnosticError:
        return DiagnosticError(error("No encryption key", detail, source=self.where))


@dataclass(slots=True)
class EnvironmentKey(StoredKey):
    variable: str

    def __post_init__(self) -> None:
        self.kind = "env"

    def _read(self) -> tuple[str, str]:
        text = os.environ.get(self.variable)
        if not text:
            raise self._missing(f"The environment variable {self.variable} is not set. Set it to the key.")
        return text, f"The environment variable {self.variable}"


@dataclass(slots=True)
class FileKey(StoredKey):
    path: Path

    def __post_init__(self) -> None:
        self.kind = "file"

    def _read(self) -> tuple[str, str]:
        try:
            return self.path.expanduser().read_text(errors="replace"), f"The content of {self.path}"
        except OSError as problem:
            raise self._missing(f"{self.path}: {problem.strerror}. Put the key there, readable for you only.") from None


@dataclass(slots=True)
class CommandKey(StoredKey):
    """``command`` prints the key; what it says on standard error goes to the terminal."""

    command: tuple[str, ...]

    def __post_init__(self) -> None:
        self.kind = "command"

    def _read(self) -> tuple[str, str]:
        name = f"`{self.command[0]}`"
        try:
            done = subprocess.run(self.command, stdout=subprocess.PIPE, check=True)
        except OSError as problem:
            raise self._missing(f"{name} cannot be run: {problem.strerror}.") from None
        except subprocess.CalledProcessError as problem:
            raise self._missing(f"{name} ended with {problem.returncode}, without a key.") from None
        return done.stdout.decode(errors="replace"), f"What {name} prints"
