"""From a module call to the directory of what it calls, without fetching anything."""

from __future__ import annotations

import os.path
from pathlib import Path

import kvmplan
from kvmplan.config.model import Configuration, ModuleCall
from kvmplan.config.modules.record import key_of, modules_directory, read_record
from kvmplan.config.modules.source import Git, Local, Shipped, Source, parse_source, without_secrets
from kvmplan.lang.suggest import did_you_mean
from kvmplan_sdk.diagnostics import DiagnosticError, SourceRange, error

SHIPPED = Path(kvmplan.__file__).parent / "shipped"
"""The modules that come with kvmplan."""


def locate(caller: Configuration, call: ModuleCall, root: str) -> str:
    """The directory that ``call`` in ``caller`` means, as a user in the current directory would name it; ``root``: that
    of the root module. Raises `DiagnosticError` when there is none.
    """
    source = source_of(call)
    if isinstance(source, Local):
        return _local(caller, call, source, root)
    return _shipped(call, source) if isinstance(source, Shipped) else _installed(caller, call, source, root)


def source_of(call: ModuleCall) -> Source:
    """Raises `DiagnosticError`, placed at the call."""
    try:
        source = parse_source(call.source)
    except DiagnosticError as problem:
        raise DiagnosticError(*(found.at(place_of(call)) for found in problem.diagnostics)) from None
    if call.version:
        raise DiagnosticError(
            error(
                "Invalid version constraint",
                f'module.{call.name} has a "version", which only modules of a registry have, and there is none. Leave '
                "it out; a git repository is pinned with ?ref=TAG.",
                source=call.range,
            )
        )
    return source


def place_of(call: ModuleCall) -> SourceRange:
    """Where to tell of a source: not in a line that would print a secret."""
    return call.source_range if without_secrets(call.source) == call.source else call.range


def git_directory(root: str, key: str, source: Git) -> str:
    """Where the module with that key is once it is fetched."""
    return os.path.normpath(f"{modules_directory(root)}/{key}/{source.subdir}")


def _local(caller: Configuration, call: ModuleCall, source: Local, root: str) -> str:
    directory = os.path.normpath(f"{caller.directory}/{source.path}")
    package = _package(caller.directory, root)
    if package is not None and not _inside(directory, package):
        raise DiagnosticError(
            error(
                "Local module outside of its package",
                f'"{source.path}" leads out of what was fetched with the module that calls it. A module that others '
                "fetch can call what is in its own repository only.",
                source=call.source_range,
            )
        )
    return directory


def _package(directory: str, root: str) -> str | None:
    """The directory of what was fetched as a whole, ``directory`` with it; None for what belongs to the root module."""
    modules = modules_directory(root)
    if _inside(directory, modules) and directory != modules:
        return f"{modules}/{Path(directory).relative_to(modules).parts[0]}"
    return str(SHIPPED) if _inside(directory, str(SHIPPED)) else None


def _inside(directory: str, parent: str) -> bool:
    return f"{directory}/".startswith(f"{parent}/")


def _shipped(call: ModuleCall, source: Shipped) -> str:
    names = sorted(path.name for path in SHIPPED.iterdir() if path.is_dir())
    if source.name in names:
        return str(SHIPPED / source.name)
    hint = did_you_mean(source.name, names) or f" There are: {', '.join(names)}."
    raise DiagnosticError(
        error("Unknown module", f'No module "{source.name}" comes with kvmplan.{hint}', source=call.source_range)
    )


def _installed(caller: Configuration, call: ModuleCall, source: Git, root: str) -> str:
    key = key_of((*caller.path, call.name))
    entry = read_record(root).get(key)
    directory = git_directory(root, key, source)
    if entry is None or not Path(directory).is_dir():
        raise _run_init("Module not installed", f"{source} has not been fetched yet.", call)
    if entry.source != str(source):
        raise _run_init("Module source has changed", f"What is installed came from {entry.source}.", call)
    return directory


def _run_init(summary: str, detail: str, call: ModuleCall) -> DiagnosticError:
    return DiagnosticError(
        error(summary, f"{detail} Run `kvmplan init`, which fetches modules.", source=place_of(call))
    )
