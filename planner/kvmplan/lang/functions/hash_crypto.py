"""Hashes, identifiers and cryptography."""

from __future__ import annotations

import base64
import hashlib
import re
import uuid as uuids
from collections.abc import Callable

from kvmplan.lang.function import FunctionError, Param, Registry, define
from kvmplan.lang.functions.encoding import decode_base64, utf8
from kvmplan.lang.functions.filesystem import read_bytes
from kvmplan.lang.functions.numeric import whole
from kvmplan.lang.scope import Scope
from kvmplan.lang.values import NOT_NULL, Unknown, Value
from kvmplan.syntax.number import Number
from kvmplan_sdk.types import NUMBER, STRING

REGISTRY: Registry = {}
_STR = Param("str", STRING)
_PATH = Param("path", STRING)
Digest = Callable[[bytes], str]


def _hex(algorithm: str) -> Digest:
    return lambda data: hashlib.new(algorithm, data, usedforsecurity=False).hexdigest()


def _base64(algorithm: str) -> Digest:
    return lambda data: base64.b64encode(hashlib.new(algorithm, data, usedforsecurity=False).digest()).decode()


def _hashes(name: str, algorithm: str, digest: Digest, notation: str) -> None:
    def of_text(text: str) -> Value:
        return digest(text.encode())

    def of_file(scope: Scope, path: str) -> Value:
        return digest(read_bytes(scope, path))

    of_text.__doc__ = f"The {algorithm.upper()} hash of the UTF-8 of `str` in {notation}."
    of_file.__doc__ = f"The {algorithm.upper()} hash of the file at `path` in {notation}."
    define(REGISTRY, name, _STR, returns=STRING)(of_text)
    define(REGISTRY, f"file{name}", _PATH, returns=STRING, scoped=True)(of_file)


for _algorithm in ("md5", "sha1", "sha256", "sha512"):
    _hashes(_algorithm, _algorithm, _hex(_algorithm), "hexadecimal")
for _algorithm in ("sha256", "sha512"):
    _hashes(f"base64{_algorithm}", _algorithm, _base64(_algorithm), "base64")


@define(REGISTRY, "uuid", returns=STRING, scoped=True)
def uuid(scope: Scope) -> Value:
    """A random UUID; it is not known before apply."""
    return Unknown(STRING, NOT_NULL) if scope.pure else str(uuids.uuid4())


_UUID = re.compile(r"[0-9a-f]{32}|(\{)?(?(1)|(?:urn:uuid:)?)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?(1)\})", re.I)
_NAMESPACES = {
    "dns": uuids.NAMESPACE_DNS,
    "url": uuids.NAMESPACE_URL,
    "oid": uuids.NAMESPACE_OID,
    "x500": uuids.NAMESPACE_X500,
}


@define(REGISTRY, "uuidv5", Param("namespace", STRING), Param("name", STRING), returns=STRING)
def uuidv5(namespace: str, name: str) -> Value:
    """The UUID of `name` in `namespace`, which is `dns`, `url`, `oid`, `x500` or a UUID; always the same."""
    found = _NAMESPACES.get(namespace)
    if found is None:
        if _UUID.fullmatch(namespace) is None:
            raise FunctionError(f'uuidv5 doesn\'t support namespace "{namespace}"', 0)
        found = uuids.UUID(namespace)
    return str(uuids.uuid5(found, name))


@define(REGISTRY, "bcrypt", _STR, variadic=Param("cost", NUMBER), returns=STRING, scoped=True)
def bcrypt(scope: Scope, text: str, *cost: Number) -> Value:
    """The bcrypt hash of `str` with a random salt; not known before apply. `cost` is from 4 to 31, or else 10."""
    if scope.pure:
        return Unknown(STRING, NOT_NULL)
    if len(cost) > 1:
        raise FunctionError("bcrypt() takes no more than two arguments")
    from kvmplan.lang.functions import bcrypt as blowfish

    rounds = whole(cost[0], 1) if cost else 10
    if rounds < 4:
        rounds = 10
    if rounds > 31:
        raise FunctionError(f"error occurred generating password: cost {rounds} is outside allowed range (4, 31)", 1)
    if len(text.encode()) > 72:
        raise FunctionError("bcrypt password length exceeds 72 bytes", 0)
    try:
        return blowfish.hashed(text, rounds)
    except OSError as problem:
        raise FunctionError(f"this machine cannot compute bcrypt: {problem}") from None


@define(REGISTRY, "rsadecrypt", Param("ciphertext", STRING), Param("privatekey", STRING), returns=STRING)
def rsadecrypt(ciphertext: str, privatekey: str) -> Value:
    """The text that `ciphertext`, in base64, is the RSA encryption (PKCS #1 v1.5) of, with a private key in PEM."""
    from kvmplan.lang.functions import rsa

    data = decode_base64(ciphertext, "input")
    try:
        return utf8(rsa.decrypt(data, privatekey))
    except rsa.KeyFormatError as problem:
        raise FunctionError(str(problem), 1) from None
    except ValueError:
        raise FunctionError("failed to decrypt: decryption error", 0) from None
