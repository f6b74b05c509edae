"""A key that a directory keeps for itself, for what is to be read there again and nowhere else."""

from __future__ import annotations

import os
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
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
        try:
            self.path.parent.mkdir(exist_ok=True)
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(b64encode(secrets.token_bytes(max(LENGTHS))) + b"\n")
        except FileExistsError:
            pass
        except OSError as problem:
            raise DiagnosticError(
                error(f"Cannot write {self.path}", f"{problem.strerror}. It is the key of what is kept here.")
            ) from problem
        return self._read()

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
