"""From files to the model: the root module, and below it every module that is called, each directory read once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from kvmplan.config.calls import check_call
from kvmplan.config.files import read_sources
from kvmplan.config.model import Configuration, ModuleCall
from kvmplan.config.module import parse_module
from kvmplan.config.modules import locate
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

MAX_DEPTH = 50
Read = Callable[[str], Mapping[str, str]]
"""The texts of the configuration files in a directory, by the name to show. Raises `DiagnosticError`."""
Locate = Callable[[Configuration, ModuleCall], str]
"""The directory of what a call calls. Raises `DiagnosticError`."""


def load_configuration(
    directory: Path, *, empty: bool = False, find: Locate | None = None
) -> tuple[Configuration, list[Diagnostic]]:
    """Read a directory and the modules it calls. Raises `DiagnosticError` only when there is nothing to read, unless
    ``empty`` will do. ``find``: where modules are, if not where they are installed.
    """

    def read(name: str) -> Mapping[str, str]:
        return read_sources(Path(name), empty=empty and name == root)

    root = str(directory)
    return _Loader(read, find or (lambda caller, call: locate(caller, call, root))).load(root)


def parse_sources(
    sources: Mapping[str, str], directory: str, modules: Mapping[str, str] | None = None
) -> tuple[Configuration, list[Diagnostic]]:
    """The model of texts by file name; what could be made of it, where there are errors. ``modules``: the directory of
    every module, as `layout` told it; without it, calls must be of local modules.
    """

    def read(name: str) -> Mapping[str, str]:
        return {file: text for file, text in sources.items() if Path(file).parent == Path(name)}

    def find(caller: Configuration, call: ModuleCall) -> str:
        return locate(caller, call, directory) if modules is None else modules[".".join((*caller.path, call.name))]

    return _Loader(read, find).load(directory)


def layout(configuration: Configuration) -> Mapping[str, str]:
    """The directory of every module below the root, by its path joined with dots."""
    return {".".join(module.path): module.directory for module in configuration.tree() if module.path}


class _Loader:
    def __init__(self, read: Read, locate: Locate) -> None:
        self._read = read
        self._locate = locate
        self._parsed: dict[str, Configuration] = {}
        self._diagnostics: list[Diagnostic] = []

    def load(self, directory: str) -> tuple[Configuration, list[Diagnostic]]:
        root = self._with_modules(self._parse(directory), (), frozenset({directory}))
        sources = {file: text for parsed in self._parsed.values() for file, text in parsed.sources.items()}
        return replace(root, sources=sources), self._diagnostics

    def _parse(self, directory: str) -> Configuration:
        if directory not in self._parsed:
            self._parsed[directory] = parse_module(self._read(directory), directory, self._diagnostics)
        return self._parsed[directory]

    def _with_modules(self, parsed: Configuration, path: tuple[str, ...], callers: frozenset[str]) -> Configuration:
        """``parsed`` as it is at ``path``, with what it calls. ``callers``: the directories on the way here."""
        placed = replace(parsed, path=path)
        modules: dict[str, Configuration] = {}
        for call in placed.calls.values():
            try:
                directory = self._locate(placed, call)
                if directory in callers or len(path) >= MAX_DEPTH:
                    raise DiagnosticError(_calls_itself(call))
                child = self._with_modules(self._parse(directory), (*path, call.name), callers | {directory})
            except DiagnosticError as problem:
                self._diagnostics += [
                    found if found.source else found.at(call.source_range) for found in problem.diagnostics
                ]
                continue
            self._diagnostics += check_call(call, child)
            modules[call.name] = child
        return replace(placed, modules=modules)


def _calls_itself(call: ModuleCall) -> Diagnostic:
    return error(
        "Module calls itself",
        f"module.{call.name} leads back to a module that it is called from, so it would have no end.",
        source=call.source_range,
    )


__all__ = ["layout", "load_configuration", "parse_sources"]
