"""From a module call to the directory of what it calls."""

from __future__ import annotations

import os.path

from kvmplan.config.model import Configuration, ModuleCall
from kvmplan_sdk.diagnostics import DiagnosticError, error


def locate(caller: Configuration, call: ModuleCall, root: str) -> str:
    """The directory that ``call`` in ``caller`` means, as a user in the current directory would name it; ``root``: that
    of the root module. Raises `DiagnosticError` when there is none.
    """
    if call.source.startswith(("./", "../")) or call.source in {".", ".."}:
        return os.path.normpath(f"{caller.directory}/{call.source}")
    raise DiagnosticError(
        error(
            "Invalid module source",
            f'"{call.source}" is not the path of a local module: these begin with ./ or ../.',
            source=call.source_range,
        )
    )
