"""Finding and loading backends: ``local`` is always there, the others are plugins, loaded when one is configured."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from kvmplan.lang.suggest import did_you_mean
from kvmplan.state.local import LocalBackend
from kvmplan_sdk.backend import Backend
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

LOCAL = LocalBackend()


def find_backend(name: str) -> Backend:
    """The backend of that name. Raises `DiagnosticError` when there is none, or it cannot be loaded."""
    if name == LOCAL.name:
        return LOCAL
    found = list(_entry_points(name))
    if not found:
        raise DiagnosticError(_unknown(name))
    if len(found) > 1:
        makers = " and ".join(sorted(one.value for one in found))
        raise DiagnosticError(error(f'Two backends "{name}"', f"{makers} both bring it. Uninstall one of them."))
    return _load(found[0])


def backend_names() -> tuple[str, ...]:
    return tuple(sorted({LOCAL.name, *(one.name for one in _entry_points())}))


def _entry_points(name: str | None = None) -> set[EntryPoint]:
    from importlib.metadata import entry_points

    from kvmplan_sdk import hookspecs

    allowed = os.environ.get("KVMPLAN_LOAD_PLUGINS")
    return {
        one
        for one in entry_points(group=hookspecs.BACKENDS)
        if name in (None, one.name) and (allowed is None or one.name in allowed.split(","))
    }


def _load(entry_point: EntryPoint) -> Backend:
    import pluggy

    from kvmplan.plugins import load_plugin
    from kvmplan_sdk import hookspecs

    manager = pluggy.PluginManager(hookspecs.NAMESPACE)
    manager.add_hookspecs(hookspecs)
    return load_plugin(manager, entry_point, Backend, entry_point.value)  # type: ignore[type-abstract]


def _unknown(name: str) -> Diagnostic:
    names = backend_names()
    hint = did_you_mean(name, names) or f" Known: {', '.join(names)}."
    return error("Unknown backend", f'There is no backend "{name}".{hint}')


__all__ = ["backend_names", "find_backend"]
