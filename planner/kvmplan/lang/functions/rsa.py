"""RSA decryption (PKCS #1 v1.5) with a private key in PEM: just enough DER, and one modular power."""

from __future__ import annotations

import base64
import binascii
import re

_PEM = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----\s*(.*?)-----END \1-----", re.DOTALL)


class KeyFormatError(Exception):
    """The key cannot be used."""


def decrypt(data: bytes, pem: str) -> bytes:
    """Raises `KeyFormatError`, and `ValueError` when the data was not encrypted for this key."""
    modulus, exponent = _key(pem)
    size = (modulus.bit_length() + 7) // 8
    cipher = int.from_bytes(data, "big")
    if len(data) > size or cipher >= modulus:
        raise ValueError("too long")
    padded = pow(cipher, exponent, modulus).to_bytes(size, "big")
    end = padded.find(b"\0", 2)
    if not padded.startswith(b"\0\2") or end < 10:
        raise ValueError("wrong padding")
    return padded[end + 1 :]


def _key(pem: str) -> tuple[int, int]:
    found = _PEM.search(pem)
    if found is None:
        raise KeyFormatError("failed to parse key: no key found; it must be in PEM format")
    kind, body = found.groups()
    if "ENCRYPTED" in kind or "ENCRYPTED" in body:
        raise KeyFormatError("failed to parse key: it is protected by a password; decrypt it first")
    if kind == "OPENSSH PRIVATE KEY":
        return _openssh(base64.b64decode(body))
    try:
        der = base64.b64decode(body)
        fields = _sequence(der)
        if kind == "PRIVATE KEY":
            fields = _sequence(fields[2][1])
        return int.from_bytes(fields[1][1], "big"), int.from_bytes(fields[3][1], "big")
    except (IndexError, ValueError, binascii.Error):
        raise KeyFormatError("failed to parse key: not an RSA private key") from None


def _sequence(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of a DER sequence: tag and content."""
    tag, content, _ = _element(data, 0)
    if tag != 0x30:
        raise ValueError("not a sequence")
    made, at = [], 0
    while at < len(content):
        tag, inner, at = _element(content, at)
        made.append((tag, inner))
    return made


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    tag, length = data[at], data[at + 1]
    at += 2
    if length & 0x80:
        count = length & 0x7F
        length = int.from_bytes(data[at : at + count], "big")
        at += count
    return tag, data[at : at + length], at + length


def _openssh(data: bytes) -> tuple[int, int]:
    """An unencrypted RSA key in OpenSSH's format (PROTOCOL.key)."""
    magic = b"openssh-key-v1\0"
    if not data.startswith(magic):
        raise KeyFormatError("failed to parse key: not an OpenSSH private key")
    cipher, rest = _string(data[len(magic) :])
    if cipher != b"none":
        raise KeyFormatError("failed to parse key: it is protected by a password; decrypt it first")
    for _ in range(2):
        _, rest = _string(rest)
    _, rest = _string(rest[4:])
    private, _ = _string(rest)
    kind, rest = _string(private[8:])
    if kind != b"ssh-rsa":
        raise KeyFormatError("failed to parse key: not an RSA private key")
    modulus, rest = _string(rest)
    _, rest = _string(rest)
    exponent, _ = _string(rest)
    return int.from_bytes(modulus, "big"), int.from_bytes(exponent, "big")


def _string(data: bytes) -> tuple[bytes, bytes]:
    length = int.from_bytes(data[:4], "big")
    return data[4 : 4 + length], data[4 + length :]
