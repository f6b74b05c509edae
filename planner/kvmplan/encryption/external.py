"""Keys from a program that speaks OpenTofu's protocol of external key providers: for key-management systems.

It prints a line ``{"magic": "OpenTofu-External-Key-Provider", "version": 1}``, reads one JSON value (null for a new
key, else what it said of the one before) and prints ``{"keys": {"encryption_key", "decryption_key"?}, "meta":
{"external_data"}}``, keys in base64.
https://opentofu.org/docs/language/state/encryption/#external
"""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kvmplan.encryption.keys import LENGTHS, Key
from kvmplan_sdk.diagnostics import DiagnosticError, SourceRange, error

_MAGIC = {"magic": "OpenTofu-External-Key-Provider", "version": 1}


@dataclass(slots=True)
class External:
    command: tuple[str, ...]
    where: SourceRange | None = field(default=None, kw_only=True)
    kind: str = field(default="external", init=False)
    _key: Key | None = field(default=None, init=False, repr=False)
    _again: dict[str, Key] = field(default_factory=dict, init=False, repr=False)

    def key(self) -> Key:
        if self._key is None:
            keys, data = self._ask(None)
            self._key = Key(self._material(keys, "encryption_key"), {"external_data": data})
        return self._key

    def again(self, recipe: Mapping[str, Any]) -> Key:
        name = json.dumps(recipe, sort_keys=True)
        if name not in self._again:
            keys, _ = self._ask({"external_data": recipe.get("external_data")})
            self._again[name] = Key(self._material(keys, "decryption_key"), recipe)
        return self._again[name]

    def _ask(self, question: object) -> tuple[Mapping[str, Any], object]:
        """The keys, and what the program wants to know of them later."""
        try:
            done = subprocess.run(self.command, input=json.dumps(question).encode(), stdout=subprocess.PIPE, check=True)
            header, _, answer = done.stdout.partition(b"\n")
            said = json.loads(answer)
            if json.loads(header) != _MAGIC:
                raise self._failed(f"does not begin with the line {json.dumps(_MAGIC)}")
            return said["keys"], said.get("meta", {}).get("external_data")
        except OSError as problem:
            raise self._failed(f"cannot be run: {problem.strerror}") from None
        except subprocess.CalledProcessError as problem:
            raise self._failed(f"ended with {problem.returncode}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise self._failed("does not answer as the protocol has it") from None

    def _material(self, keys: Mapping[str, Any], name: str) -> bytes:
        try:
            material = b64decode(keys[name], validate=True)
        except (KeyError, TypeError, ValueError):
            raise self._failed(f'gives no "{name}" in base64') from None
        if len(material) not in LENGTHS:
            raise self._failed(f'gives a "{name}" of {len(material)} bytes; 32 are needed (16 and 24 will do)')
        return material

    def _failed(self, what: str) -> DiagnosticError:
        return DiagnosticError(error("No encryption key", f"`{self.command[0]}` {what}.", source=self.where))
