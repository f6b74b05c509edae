"""Keys, and where they come from."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from kvmplan_sdk.diagnostics import DiagnosticError, SourceRange, error

LENGTHS = (16, 24, 32)
"""Of keys of AES, in bytes."""
_HEXADECIMAL = re.compile(r"(?:[0-9a-fA-F]{16}){2,4}")


@dataclass(frozen=True, slots=True)
class Key:
    """``recipe``: what tells, beside the secret, how it was made; it is written beside what the key encrypts."""

    material: bytes
    recipe: Mapping[str, Any]

    @property
    def check(self) -> str:
        """Tells keys apart without telling them: what is damaged from what needs another key."""
        return hmac.digest(self.material, b"kvmplan key check", hashlib.sha256)[:8].hex()


class KeySource(Protocol):
    """``kind``: as the configuration calls it. Both methods raise `DiagnosticError` when there is no key to be had."""

    @property
    def kind(self) -> str: ...

    def key(self) -> Key:
        """The key to encrypt with."""
        ...

    def again(self, recipe: Mapping[str, Any], /) -> Key:
        """The key of what was encrypted by a key of this kind with that ``recipe``."""
        ...


def key_from_text(text: str, what: str, where: SourceRange | None) -> bytes:
    """A key in base64 or hexadecimal digits; ``what`` begins the message. Raises `DiagnosticError`."""
    text = "".join(text.split())
    try:
        material = bytes.fromhex(text) if _HEXADECIMAL.fullmatch(text) else b64decode(text, validate=True)
    except ValueError:
        material = b""
    if len(material) not in LENGTHS:
        raise DiagnosticError(
            error(
                "Not an encryption key",
                f"{what} must be 32 random bytes in base64 or hexadecimal digits (16 and 24 will do). "
                "`openssl rand -base64 32` makes one.",
                source=where,
            )
        )
    return material
