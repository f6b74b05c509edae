"""Finding and reading the files of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

SUFFIX = ".kvm.hcl"
JSON_SUFFIX = ".kvm.json"


def read_sources(directory: Path, *, empty: bool = False) -> Mapping[str, str]:
    """The text of every configuration file in ``directory``, by the name to show, sorted. Raises `DiagnosticError`."""
    try:
        paths = sorted(path for path in directory.iterdir() if is_configuration(path.name) and path.is_file())
    except OSError as problem:
        raise DiagnosticError(
            error(f"Cannot read directory {directory}", f"{problem.strerror}. Check its path.")
        ) from problem
    if not paths and not empty:
        raise DiagnosticError(
            error(
                "No configuration files",
                f"{directory.resolve()} has no file that ends in {SUFFIX} or {JSON_SUFFIX}. Write one, or change to "
                "its directory.",
            )
        )
    texts, problems = {}, []
    for path in paths:
        try:
            texts[display_name(path)] = path.read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as problem:
            problems.append(_unreadable(path, problem))
    if problems:
        raise DiagnosticError(*problems)
    return texts


def is_configuration(name: str) -> bool:
    """Whether a file of this name belongs to the configuration; hidden ones, as editors leave behind, do not."""
    return name.endswith((SUFFIX, JSON_SUFFIX)) and not name.startswith(".")


def is_json(filename: str) -> bool:
    return filename.endswith(JSON_SUFFIX)


def is_override(filename: str) -> bool:
    """Whether the file changes what others define: ``override.kvm.hcl``, or a name that ends in ``_override``."""
    stem = Path(filename).name.removesuffix(SUFFIX).removesuffix(JSON_SUFFIX)
    return stem == "override" or stem.endswith("_override")


def display_name(path: Path) -> str:
    """``path`` as a user in the current directory would name it."""
    text = str(path)
    return text.removeprefix("./")


def _unreadable(path: Path, problem: Exception) -> Diagnostic:
    if isinstance(problem, OSError):
        return error(f"Cannot read {path}", f"{problem.strerror}.")
    return error(f"{path} is not UTF-8", f"{problem}. Save the file in the UTF-8 encoding.")
