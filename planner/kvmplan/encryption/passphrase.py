"""Keys from a passphrase, by PBKDF2."""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kvmplan.encryption.keys import LENGTHS, Key

MINIMUM_LENGTH = 16
MINIMUM_ITERATIONS = 200_000
_MOST_ITERATIONS = 100_000_000
HASHES = ("sha256", "sha512")


@dataclass(slots=True)
class Passphrase:
    """``salt_length`` and ``key_length`` in bytes. Deriving is slow on purpose, so what was derived is kept, and what
    is written has the salt of what was read.
    """

    passphrase: str
    iterations: int = 600_000
    hash_function: str = "sha512"
    salt_length: int = 32
    key_length: int = 32
    kind: str = field(default="pbkdf2", init=False)
    _derived: dict[tuple[object, ...], Key] = field(default_factory=dict, repr=False)

    def key(self) -> Key:
        for key in self._derived.values():
            if self._settings(key.recipe) == (
                self.iterations,
                self.hash_function,
                self.key_length,
            ) and self.salt_length == len(b64decode(key.recipe["salt"])):
                return key
        salt = secrets.token_bytes(self.salt_length)
        return self.again(
            {
                "salt": b64encode(salt).decode(),
                "iterations": self.iterations,
                "hash_function": self.hash_function,
                "key_length": self.key_length,
            }
        )

    def again(self, recipe: Mapping[str, Any]) -> Key:
        """Raises `ValueError` when ``recipe`` is none that `key` makes."""
        iterations, hash_function, length = self._settings(recipe)
        if hash_function not in HASHES or length not in LENGTHS or not 0 < iterations < _MOST_ITERATIONS:
            raise ValueError("not a way to derive a key")
        name = (recipe["salt"], iterations, hash_function, length)
        if name not in self._derived:
            salt = b64decode(recipe["salt"], validate=True)
            material = hashlib.pbkdf2_hmac(hash_function, self.passphrase.encode(), salt, iterations, length)
            self._derived[name] = Key(material, recipe)
        return self._derived[name]

    @staticmethod
    def _settings(recipe: Mapping[str, Any]) -> tuple[int, str, int]:
        return recipe["iterations"], recipe["hash_function"], recipe["key_length"]
