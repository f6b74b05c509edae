"""What a shell may complete arguments with: what is in the state of the current folder, if that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kvmplan.state.model import State


def addresses(incomplete: str) -> list[str]:
    """Instances, their resources, and the modules around them."""
    from kvmplan.addresses import covering

    found = _state()
    names = {str(name) for address in (found.instances if found else ()) for name in covering(address)}
    return sorted(name for name in names if name.startswith(incomplete))


def instances(incomplete: str) -> list[str]:
    found = _state()
    return sorted(name for name in map(str, found.instances if found else ()) if name.startswith(incomplete))


def outputs(incomplete: str) -> list[str]:
    found = _state()
    return sorted(name for name in (found.outputs if found else ()) if name.startswith(incomplete))


def _state() -> State | None:
    from pathlib import Path

    from kvmplan.backends.opening import open_store_in
    from kvmplan_sdk.diagnostics import DiagnosticError

    try:
        return open_store_in(None, Path()).load()
    except DiagnosticError:
        return None
