"""What `kvmplan init` settled on, ``.kvmplan/backend.json``: it holds what was given on the command line, so it is its
owner's alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kvmplan.state.files import make_folder, read_bytes, write_durably
from kvmplan.state.values_json import encode_value, load_values
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.values import Object


@dataclass(frozen=True, slots=True)
class Settled:
    """``block``: a digest of what the block said; ``values``: that, and what was given besides."""

    type: str
    block: str
    values: Object


def digest_of(values: Object) -> str:
    said = {name: value for name, value in values.items() if value is not None}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=encode_value).encode()).hexdigest()


def read_settled(directory: str) -> Settled | None:
    """None before `kvmplan init`, and where there was no block. Raises `DiagnosticError` when it is damaged."""
    path = _path(directory)
    data = read_bytes(path)
    if data is None:
        return None
    try:
        found = load_values(data)
        if not isinstance(found["values"], Mapping):
            raise TypeError("values")
        return Settled(str(found["type"]), str(found["block"]), dict(found["values"]))
    except (ValueError, TypeError, KeyError):
        raise DiagnosticError(
            error("Damaged record of the backend", f"{path} is not what `kvmplan init` wrote. Run it again.")
        ) from None


def write_settled(directory: str, settled: Settled | None) -> None:
    path = _path(directory)
    if settled is None:
        path.unlink(missing_ok=True)
        return
    make_folder(path.parent)
    document = {"type": settled.type, "block": settled.block, "values": settled.values}
    write_durably(path, json.dumps(document, indent=2, default=encode_value).encode() + b"\n")


def _path(directory: str) -> Path:
    return Path(directory) / ".kvmplan" / "backend.json"


__all__ = ["Settled", "digest_of", "read_settled", "write_settled"]
