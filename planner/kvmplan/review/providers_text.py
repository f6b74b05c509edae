"""Which module needs which provider, as a tree, and what the state has objects of."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan.config.model import Configuration
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.state.model import State

_BAR = "│\u00a0\u00a0 "
"""With blanks that do not break, as Terraform has them."""


def providers_text(configuration: Configuration, state: State | None) -> str:
    lines = [
        "",
        "Providers required by configuration:",
        ".",
        *_branches(configuration, ProviderUses(configuration), ""),
    ]
    held = sorted({instance.provider for instance in state.instances.values()}) if state else []
    if held:
        lines += ["", "Providers required by state:", "", *(f"    {_provider(name)}" for name in held)]
    return "\n".join(lines) + "\n\n"


def required_providers(configuration: Configuration) -> set[str]:
    """The providers of all modules, by the name of their plugin."""
    uses = ProviderUses(configuration)
    return {name for module in configuration.tree() for name, _ in _needed(module, uses)}


def _branches(module: Configuration, uses: ProviderUses, margin: str) -> Iterator[str]:
    needed, called = _needed(module, uses), sorted(module.modules.items())
    for position, (name, version) in enumerate(needed):
        last = position == len(needed) - 1 and not called
        yield f"{margin}{'└' if last else '├'}── {_provider(name)}{f' {version}' if version else ''}"
    for position, (name, child) in enumerate(called):
        last = position == len(called) - 1
        yield f"{margin}{'└' if last else '├'}── module.{name}"
        yield from _branches(child, uses, margin + ("    " if last else _BAR))


def _needed(module: Configuration, uses: ProviderUses) -> list[tuple[str, str]]:
    """Names of plugins, each with the versions that the module asks for."""
    needed = {one.plugin: one.version for one in module.required_providers.values()}
    for resource in module.resources.values():
        use = uses.of(module.path, resource)
        if isinstance(use, ProviderUse):
            needed.setdefault(use.plugin, "")
    for block in module.providers:
        required = module.required_providers.get(block.name)
        needed.setdefault(required.plugin if required else block.name, "")
    return sorted(needed.items())


def _provider(name: str) -> str:
    return f"provider[{name}]"
