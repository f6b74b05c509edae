"""bcrypt by the C library's crypt(3), which has it wherever libxcrypt is (Debian, Ubuntu, Fedora)."""

from __future__ import annotations

import base64
import ctypes
import ctypes.util
import secrets

_ALPHABET = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
)


def hashed(text: str, cost: int) -> str:
    """The hash in ``$2a$`` notation. Raises `OSError` where crypt(3) does not know bcrypt."""
    name = ctypes.util.find_library("crypt") or "libcrypt.so.1"
    crypt = ctypes.CDLL(name).crypt
    crypt.restype, crypt.argtypes = ctypes.c_char_p, [ctypes.c_char_p, ctypes.c_char_p]
    salt = base64.b64encode(secrets.token_bytes(16)).translate(_ALPHABET)[:22].decode()
    made = crypt(text.encode(), f"$2b${cost:02d}${salt}".encode())
    if not made or not made.startswith(b"$2b$"):
        raise OSError("crypt(3) does not support it; install libxcrypt")
    return f"$2a${made.decode()[4:]}"
