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

    from kvmplan_sdk import hookspecs

    name = entry_point.name
    manager = pluggy.PluginManager(hookspecs.NAMESPACE)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(entry_point.load(), name=name)
        manager.check_pending()
        made = manager.hook.kvmplan_backend()
    except (Exception, SystemExit) as problem:
        raise DiagnosticError(
            error(
                f'Backend "{name}" cannot be loaded',
                f"{entry_point.value} raised {type(problem).__name__}: {problem}. Upgrade or uninstall it; this is a "
                "fault of the plugin.",
            )
        ) from problem
    if len(made) == 1 and isinstance(made[0], Backend) and made[0].name == name:
        return made[0]
    what = f"returned {made[0]!r}" if made else "has no hook kvmplan_backend"
    raise DiagnosticError(
        error(
            f'Backend "{name}" cannot be used',
            f"{entry_point.value} {what}; it must return a Backend named {name!r}. Upgrade or uninstall it; this is a "
            "fault of the plugin.",
        )
    )


def _unknown(name: str) -> Diagnostic:
    names = backend_names()
    hint = did_you_mean(name, names) or f" Known: {', '.join(names)}."
    return error("Unknown backend", f'There is no backend "{name}".{hint}')


__all__ = ["backend_names", "find_backend"]
