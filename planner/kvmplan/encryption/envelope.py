"""What encrypted bytes look like: one line of JSON that says, in clear, how to get at them, and nothing of them.

``{"kvmplan_encryption": 1, "method": "aes_gcm", "content", "key": {"provider", "check", ...}, ..., "nonce", "data"}``:
``content`` is ``state``, ``journal`` or ``plan``; ``key`` says which kind of key, tells wrong keys, and holds what
deriving it takes; the rest is for the reader who has no key: a state's ``serial`` and ``lineage``, which servers look
at. All but ``nonce`` and ``data`` (base64) is authenticated with the data, and so is what the bytes are for: a plan
does not pass for a state.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kvmplan.encryption.keys import Key

_BEGINNING = b'{"kvmplan_encryption": '
_VERSION = 1
_NONCE = 12


class DamagedError(Exception):
    """Encrypted bytes that have been changed since."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """``head``: what is in clear; ``sealed``: nonce and data."""

    head: Mapping[str, Any]
    nonce: bytes
    data: bytes

    @property
    def provider(self) -> str:
        return str(self.head["key"]["provider"])

    @property
    def recipe(self) -> Mapping[str, Any]:
        return {name: value for name, value in self.head["key"].items() if name not in {"provider", "check"}}

    @property
    def check(self) -> str:
        return str(self.head["key"]["check"])


def is_sealed(data: bytes) -> bool:
    return data.startswith(_BEGINNING)


def content_of(data: bytes) -> str:
    """What sealed ``data`` is; empty where that cannot be told."""
    try:
        return str(read_envelope(data).head.get("content", "")) if is_sealed(data) else ""
    except DamagedError:
        return ""


def seal(data: bytes, key: Key, provider: str, purpose: str, clear: Mapping[str, Any]) -> bytes:
    """``purpose``: what the bytes are, to be told again when they are opened. Returns one line, without its end."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    head = {
        "kvmplan_encryption": _VERSION,
        "method": "aes_gcm",
        "content": purpose.partition(" ")[0],
        "key": {"provider": provider, "check": key.check, **key.recipe},
        **clear,
    }
    nonce = secrets.token_bytes(_NONCE)
    sealed = AESGCM(key.material).encrypt(nonce, data, _associated(purpose, head))
    return json.dumps({**head, "nonce": _text(nonce), "data": _text(sealed)}).encode()


def read_envelope(data: bytes) -> Envelope:
    """Raises `DamagedError` when it is none."""
    try:
        entries = json.loads(data)
        if entries["kvmplan_encryption"] != _VERSION or entries["method"] != "aes_gcm":
            raise DamagedError("encrypted in a way that this kvmplan does not know")
        nonce, sealed = b64decode(entries.pop("nonce"), validate=True), b64decode(entries.pop("data"), validate=True)
        envelope = Envelope(entries, nonce, sealed)
        _ = envelope.provider, envelope.recipe, envelope.check
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise DamagedError("it cannot be read to its end") from problem
    return envelope


def unseal(envelope: Envelope, key: Key, purpose: str) -> bytes:
    """Raises `DamagedError`."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        associated = _associated(purpose, envelope.head)
        return AESGCM(key.material).decrypt(envelope.nonce, envelope.data, associated)
    except (InvalidTag, ValueError) as problem:
        raise DamagedError("its content is not what was encrypted") from problem


def _associated(purpose: str, head: Mapping[str, Any]) -> bytes:
    return f"kvmplan {purpose}\n{json.dumps(head, sort_keys=True)}".encode()


def _text(data: bytes) -> str:
    return b64encode(data).decode()
