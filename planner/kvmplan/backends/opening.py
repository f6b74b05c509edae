"""Opening the store of a configuration: as the command line says, else as its backend does, else beside it."""

from __future__ import annotations

from pathlib import Path

from kvmplan.backends.finding import LOCAL, find_backend
from kvmplan.backends.settings import block_values, completed
from kvmplan.config.files import read_sources
from kvmplan.config.model import Backend as Written
from kvmplan.config.model import Configuration
from kvmplan.config.module import parse_module
from kvmplan.state.local import LocalStorage
from kvmplan.state.store import StateStore, file_store, local_store
from kvmplan_sdk.backend import DEFAULT_WORKSPACE, Storage
from kvmplan_sdk.diagnostics import DiagnosticError


def open_store(state: Path | None, configuration: Configuration) -> StateStore:
    """``state``: the file that the command line names. Raises `DiagnosticError`."""
    if state is not None:
        return local_store(state)
    return _store(open_storage(configuration.backend, configuration.directory))


def open_store_in(state: Path | None, directory: Path) -> StateStore:
    """The same for a command that needs no configuration, and takes what there is of it in ``directory``."""
    if state is not None:
        return local_store(state)
    try:
        written = parse_module(read_sources(directory, empty=True), str(directory), []).backend
    except DiagnosticError:
        written = None
    return _store(open_storage(written, str(directory)))


def open_storage(written: Written | None, directory: str) -> Storage:
    backend = find_backend(written.type) if written else LOCAL
    try:
        values = block_values(written, backend) if written else {}
        return backend.open(completed(values, backend), directory)
    except DiagnosticError as problem:
        place = written.range if written else None
        raise DiagnosticError(*(one.at(place) for one in problem.diagnostics)) from problem


def _store(storage: Storage) -> StateStore:
    assert isinstance(storage, LocalStorage)
    return file_store(storage, DEFAULT_WORKSPACE)


__all__ = ["open_storage", "open_store", "open_store_in"]
