"""Finding and loading provider plugins: found cheaply, loaded late, failures contained. Backends are loaded here, too.

Not `pluggy.PluginManager.load_setuptools_entrypoints`: that imports every plugin there is, and lets a broken one take
the command line down.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.metadata import Distribution, EntryPoint, entry_points
from typing import TypeVar

import pluggy

from kvmplan.lang.suggest import did_you_mean
from kvmplan.state.model import Instance
from kvmplan_sdk import hookspecs
from kvmplan_sdk.backend import Backend
from kvmplan_sdk.diagnostics import DiagnosticError, error
from kvmplan_sdk.provider import Provider
from kvmplan_sdk.schema import ObjectSchema

Made = TypeVar("Made", Provider, Backend)


class Plugins:
    """The providers of the entry-point group ``kvmplan``, by name.

    ``KVMPLAN_LOAD_PLUGINS=a,b`` limits which are found; ``KVMPLAN_TRACE_HOOKS=1`` traces hook calls to standard error.
    """

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager(hookspecs.NAMESPACE)
        self._manager.add_hookspecs(hookspecs)
        if os.environ.get("KVMPLAN_TRACE_HOOKS"):
            self._manager.trace.root.setwriter(sys.stderr.write)
            self._manager.enable_tracing()
        self._found = _discover()
        self._providers: dict[str, Provider | DiagnosticError] = {}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._found))

    def distribution(self, name: str) -> Distribution | None:
        """The Python distribution that brings a provider; None where no distribution, or none of that name, does."""
        return next((found.dist for found in self._found.get(name, ()) if found.dist is not None), None)

    @property
    def versions(self) -> Mapping[str, str]:
        """The version of every provider that is installed, by name; empty where no distribution brings it."""
        found = {name: self.distribution(name) for name in self.names}
        return {name: distribution.version if distribution else "" for name, distribution in found.items()}

    @property
    def packages(self) -> frozenset[str]:
        """The top-level packages of the providers that were loaded."""
        loaded = {name: found for name, found in self._providers.items() if isinstance(found, Provider)}
        modules = {self._found[name][0].module for name in loaded} | {
            type(found).__module__ for found in loaded.values()
        }
        return frozenset(module.partition(".")[0] for module in modules)

    def provider(self, name: str) -> Provider:
        """Load a provider. Raises `DiagnosticError` when there is none of that name, or it cannot be loaded."""
        found = self._providers.get(name)
        if found is None:
            try:
                found = self._load(name)
            except DiagnosticError as problem:
                found = problem
            self._providers[name] = found
        if isinstance(found, DiagnosticError):
            raise DiagnosticError(*found.diagnostics)
        return found

    def schema_of(self, instance: Instance) -> ObjectSchema | None:
        """The schema of the type of ``instance``; None when its provider cannot be loaded, or knows it no longer."""
        try:
            schema = self.provider(instance.provider).schema
        except DiagnosticError:
            return None
        address = instance.address
        return (schema.data_sources if address.mode == "data" else schema.resources).get(address.type)

    def _load(self, name: str) -> Provider:
        candidates = self._found.get(name, [])
        if not candidates:
            hint = did_you_mean(name, self._found) or f" Installed: {', '.join(self.names) or 'none'}."
            raise DiagnosticError(error(f'No provider "{name}"', f"No installed plugin brings it.{hint}"))
        if len(candidates) > 1:
            makers = " and ".join(sorted(_maker(candidate) for candidate in candidates))
            raise DiagnosticError(error(f'Two providers "{name}"', f"{makers} both bring it. Uninstall one of them."))
        return load_plugin(self._manager, candidates[0], Provider, _maker(candidates[0]))  # type: ignore[type-abstract]


def load_plugin(manager: pluggy.PluginManager, entry_point: EntryPoint, kind: type[Made], maker: str) -> Made:
    """What the hook for ``kind``, such as ``kvmplan_provider``, gives in the plugin that ``maker`` brings. Raises
    `DiagnosticError` when it cannot be loaded, or gives something else.
    """
    name, word = entry_point.name, kind.__name__
    try:
        plugin = entry_point.load()
        manager.register(plugin, name=name)
        manager.check_pending()
        others = [other for other in manager.get_plugins() if other is not plugin]
        made = manager.subset_hook_caller(f"kvmplan_{word.lower()}", others)()
    except (Exception, SystemExit) as problem:
        raise DiagnosticError(
            error(
                f'{word} "{name}" cannot be loaded',
                f"{maker} raised {type(problem).__name__}: {problem}. Upgrade or uninstall it; this is a fault of the "
                "plugin.",
            )
        ) from problem
    if len(made) == 1 and isinstance(made[0], kind) and made[0].name == name:
        return made[0]
    what = f"returned {made[0]!r}" if made else f"has no hook kvmplan_{word.lower()}"
    raise DiagnosticError(
        error(
            f'{word} "{name}" cannot be used',
            f"{maker} {what}; it must return a {word} named {name!r}. Upgrade or uninstall it; this is a fault of the "
            "plugin.",
        )
    )


def _discover() -> dict[str, list[EntryPoint]]:
    allowed = os.environ.get("KVMPLAN_LOAD_PLUGINS")
    found: dict[str, list[EntryPoint]] = {}
    for entry_point in entry_points(group=hookspecs.NAMESPACE):
        if allowed is None or entry_point.name in allowed.split(","):
            same = found.setdefault(entry_point.name, [])
            if entry_point not in same:
                same.append(entry_point)
    return found


def _maker(entry_point: EntryPoint) -> str:
    distribution = entry_point.dist
    return f"{distribution.name} {distribution.version}" if distribution else entry_point.value
