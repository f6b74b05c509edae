"""Encryption at rest: bytes to bytes, for the state, its backup and journal, and plan files.

A `Protection` is what one kind of file gets: the method that writes, and those that may have written what is read. It
knows nothing of states and plans, and `kvmplan.config.encryption` makes it of what the configuration says. The library
that does the arithmetic is loaded when something is encrypted.
"""

from kvmplan.encryption.keys import Key, KeySource
from kvmplan.encryption.protection import PLAIN, AesGcm, Method, Protection, Protections, Unencrypted

__all__ = ["PLAIN", "AesGcm", "Key", "KeySource", "Method", "Protection", "Protections", "Unencrypted"]
