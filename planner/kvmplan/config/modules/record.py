"""The record of installed modules, ``.kvmplan/modules/modules.json``: what `kvmplan init` put where, and from what."""

from __future__ import annotations

import json
import os.path
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kvmplan.addresses import StaticPath
from kvmplan.state.files import read_bytes, write_durably
from kvmplan_sdk.diagnostics import DiagnosticError, error


@dataclass(frozen=True, slots=True)
class Entry:
    """One module. ``source``: canonical, without secrets; ``directory``: from the root module's, or absolute;
    ``commit``: what was fetched, of git ones.
    """

    source: str
    directory: str
    commit: str = ""


Record = Mapping[str, Entry]
"""The modules by key."""


def key_of(path: StaticPath) -> str:
    """The name that a module has in the record, and its directory below that of modules."""
    return ".".join(path)


def modules_directory(root: str) -> str:
    """Where fetched modules are, each in a directory named by its key."""
    return os.path.normpath(f"{root}/.kvmplan/modules")


def read_record(root: str) -> Record:
    """What the record says, nothing where there is none. Raises `DiagnosticError` when it cannot be understood."""
    path = _path(root)
    data = read_bytes(path)
    if data is None:
        return {}
    try:
        return {
            str(module["Key"]): Entry(str(module["Source"]), str(module["Dir"]), str(module.get("Commit", "")))
            for module in json.loads(data)["Modules"]
            if module["Key"]
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DiagnosticError(
            error("Damaged record of modules", f"{path} is not what `kvmplan init` wrote. Run it again.")
        ) from None


def write_record(root: str, record: Record) -> None:
    modules: list[dict[str, Any]] = [{"Key": "", "Source": "", "Dir": "."}]
    for key, entry in sorted(record.items()):
        commit = {"Commit": entry.commit} if entry.commit else {}
        modules.append({"Key": key, "Source": entry.source, "Dir": entry.directory, **commit})
    path = _path(root)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, json.dumps({"Modules": modules}, separators=(",", ":")).encode(), mode=0o644)


def _path(root: str) -> Path:
    return Path(modules_directory(root)) / "modules.json"
