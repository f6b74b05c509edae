"""Where the state is: as the command line says, else as the configuration's backend does, else beside it."""

from __future__ import annotations

from pathlib import Path

from kvmplan.config.files import read_sources
from kvmplan.config.model import Configuration
from kvmplan.config.module import parse_module
from kvmplan.state.store import DEFAULT_NAME
from kvmplan_sdk.diagnostics import DiagnosticError


def state_path(given: Path | None, configuration: Configuration) -> Path:
    """``given``: what the command line says."""
    if given is not None:
        return given
    said = configuration.backend.path if configuration.backend is not None else ""
    return Path(configuration.directory) / (said or DEFAULT_NAME)


def state_path_in(given: Path | None, directory: Path) -> Path:
    """The same for a command that needs no configuration, and takes what there is of it in ``directory``."""
    if given is not None:
        return given
    try:
        return state_path(None, parse_module(read_sources(directory, empty=True), str(directory), []))
    except DiagnosticError:
        return directory / DEFAULT_NAME
