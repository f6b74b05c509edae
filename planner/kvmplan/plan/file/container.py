"""The bytes of a plan file: one line of JSON in clear, and the contents behind it, compressed and perhaps encrypted.

The line has ``kvmplan_plan`` (the version of the format), ``kvmplan_version``, ``digest``, ``directory``,
``workspace``, ``makers`` and ``checksum``, of what is behind it. Where that is encrypted, the line is authenticated
with it.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping
from typing import Any

from kvmplan import __version__
from kvmplan.encryption import Protection
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

FORMAT = 2
_BEGINNING = b'{"kvmplan_plan": '
_LEVEL = 3


def pack(head: Mapping[str, Any], contents: bytes, protection: Protection) -> bytes:
    head = {"kvmplan_plan": FORMAT, "kvmplan_version": __version__, **head}
    behind = protection.encrypt(zlib.compress(contents, _LEVEL), _purpose(head))
    return json.dumps({**head, "checksum": _digest(behind)}).encode() + b"\n" + behind


def read_head(data: bytes, name: str) -> Mapping[str, Any]:
    """What is in clear. Raises `DiagnosticError` when it is no plan file, or one of another format."""
    line, newline, _ = data.partition(b"\n")
    if not data.startswith(_BEGINNING):
        raise DiagnosticError(
            error(f"{name} is not a plan file", "`kvmplan plan --out FILE` makes one; `kvmplan show` reads states too.")
        )
    try:
        head: dict[str, Any] = json.loads(line)
    except ValueError:
        raise DiagnosticError(_damaged(name)) from None
    if head["kvmplan_plan"] != FORMAT:
        raise DiagnosticError(
            error(
                "Plan file of another version",
                f"{name} was made by kvmplan {head.get('kvmplan_version', '?')}; this is {__version__}, which does not "
                "know its format. Plan again.",
            )
        )
    if not newline or not isinstance(head.get("directory"), str):
        raise DiagnosticError(_damaged(name))
    return head


def unpack(data: bytes, head: Mapping[str, Any], protection: Protection, name: str) -> bytes:
    """The contents. Raises `DiagnosticError` when they are damaged, and when the key is missing."""
    _, _, behind = data.partition(b"\n")
    if head.get("checksum") != _digest(behind):
        raise DiagnosticError(_damaged(name))
    try:
        return zlib.decompress(protection.decrypt(behind, _purpose(head), name))
    except zlib.error as problem:
        raise DiagnosticError(_damaged(name)) from problem


def _purpose(head: Mapping[str, Any]) -> str:
    told = {key: value for key, value in head.items() if key != "checksum"}
    return f"plan {_digest(json.dumps(told, sort_keys=True).encode())}"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _damaged(name: str) -> Diagnostic:
    return error(f"{name} is damaged", "It is a plan file, but not as it was written. Copy it again, or plan again.")
