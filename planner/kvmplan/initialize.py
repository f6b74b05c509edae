"""What ``kvmplan init`` does: fetch the modules that a configuration calls, and look for the providers it needs.

Providers are Python packages, which pip installs: here it is only said which, and whether their versions fit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution
from pathlib import Path

from kvmplan.backends.settling import Wish, settle
from kvmplan.config.blocks.required_version import is_met
from kvmplan.config.loader import load_configuration
from kvmplan.config.model import Configuration, RequiredProvider
from kvmplan.config.modules import Installer
from kvmplan.plugins import Plugins
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, SourceRange, error, has_errors

Tell = Callable[[str], None]


@dataclass(slots=True)
class _Need:
    """A provider that is needed: where first, and the versions that modules require."""

    place: SourceRange
    versions: list[RequiredProvider] = field(default_factory=list)


def initialize(
    directory: Path, plugins: Plugins, wish: Wish | None, *, upgrade: bool, tell: Tell
) -> tuple[Configuration, list[Diagnostic]]:
    """Make ``directory`` ready for the other commands; ``wish``: what is to become of the states, None: nothing. Raises
    `DiagnosticError` when that cannot be tried.
    """
    configuration, diagnostics = _install_modules(directory, upgrade=upgrade, tell=tell)
    if wish is not None and not has_errors(diagnostics):
        try:
            settle(configuration, str(directory), wish, tell)
        except DiagnosticError as problem:
            diagnostics += problem.diagnostics
    needs = _needs(configuration)
    if needs:
        tell("\nInitializing provider plugins...")
    for name, need in sorted(needs.items()):
        problems = list(_check(name, need, plugins))
        diagnostics += problems
        distribution = plugins.distribution(name)
        if not has_errors(problems) and distribution is not None:
            tell(f"- {name} from {distribution.name} {distribution.version}")
    return configuration, diagnostics


def _install_modules(directory: Path, *, upgrade: bool, tell: Tell) -> tuple[Configuration, list[Diagnostic]]:
    lines = _under("Upgrading modules..." if upgrade else "Initializing modules...", tell)
    installer = Installer(str(directory), upgrade=upgrade, tell=lines)
    try:
        configuration, diagnostics = load_configuration(directory, empty=True, find=installer.locate)
        installer.record(complete=not has_errors(diagnostics))
    finally:
        installer.close()
    return configuration, diagnostics


def _under(heading: str, tell: Tell) -> Tell:
    """Tells the heading before the first line."""
    told = False

    def under(line: str) -> None:
        nonlocal told
        if not told:
            told = True
            tell(heading)
        tell(line)

    return under


def _needs(configuration: Configuration) -> Mapping[str, _Need]:
    """The plugins that the configuration needs, by name."""
    needs: dict[str, _Need] = {}
    for module in configuration.tree():
        required = module.required_providers
        used = {local: one.range for local, one in required.items()}
        for block in module.providers.values():
            used.setdefault(block.provider.name, block.range)
        for resource in module.resources.values():
            local = resource.provider.name if resource.provider else resource.address.provider
            used.setdefault(local, resource.type_range)
        for local, place in used.items():
            need = needs.setdefault(required[local].plugin if local in required else local, _Need(place))
            if local in required and required[local].version:
                need.versions.append(required[local])
    return needs


def _check(name: str, need: _Need, plugins: Plugins) -> Iterator[Diagnostic]:
    if name not in plugins.names:
        yield error(
            f'No provider "{name}"',
            "No installed plugin brings it. Providers are Python packages: install the one that brings this, called "
            f"kvmplan-{name} if it follows the custom, beside kvmplan: {sys.executable} -m pip install kvmplan-{name}\n"
            f"Installed: {', '.join(plugins.names) or 'none'}.",
            source=need.place,
        )
        return
    try:
        plugins.provider(name)
    except DiagnosticError as problem:
        yield from (found.at(need.place) for found in problem.diagnostics)
        return
    distribution = plugins.distribution(name)
    if distribution is not None:
        yield from _check_versions(name, need, distribution)


def _check_versions(name: str, need: _Need, distribution: Distribution) -> Iterator[Diagnostic]:
    for required in need.versions:
        met = is_met(required.version, distribution.version)
        if met is None:
            yield error(
                "Invalid version constraint",
                f'"{required.version}" is not one. Write operators and versions separated by commas, such as '
                '">= 0.1, < 2".',
                source=required.range,
            )
        elif not met:
            yield error(
                f'Provider "{name}" has another version',
                f"{required.version} is required, and {distribution.name} {distribution.version} is installed. Install "
                f"one that fits, with {sys.executable} -m pip install, or change the requirement.",
                source=required.range,
            )


__all__ = ["initialize"]
