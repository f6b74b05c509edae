"""A key that a directory keeps for itself, for what is to be read there again and nowhere else."""

from __future__ import annotations

import os
import secrets
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kvmplan.encryption.keys import LENGTHS, Key
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error


@dataclass(slots=True)
class MachineKey:
    """The key in the file ``path``, made when it is needed first; readable for its owner only. ``missing``: what to say
    when something was encrypted with one that is not there.
    """

    path: Path
    missing: Diagnostic
    kind: str = field(default="machine", init=False)

    def key(self) -> Key:
        if not self.path.exists():
            try:
                self._make()
            except OSError as problem:
                raise DiagnosticError(
                    error(f"Cannot write {self.path}", f"{problem.strerror}. It is the key of what is kept here.")
                ) from problem
        return self._read()

    def _make(self) -> None:
        """Whole or not at all; where another process is faster, its key is the one."""
        self.path.parent.mkdir(exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(b64encode(secrets.token_bytes(max(LENGTHS))) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                self.path.hardlink_to(temporary)
        finally:
            Path(temporary).unlink()

    def again(self, _recipe: Mapping[str, Any]) -> Key:
        return self._read()

    def _read(self) -> Key:
        try:
            material = b64decode(self.path.read_bytes(), validate=False)
        except (OSError, ValueError):
            raise DiagnosticError(self.missing) from None
        if len(material) not in LENGTHS:
            raise DiagnosticError(self.missing)
        return Key(material, {})
