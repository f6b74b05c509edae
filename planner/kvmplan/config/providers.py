"""Which configuration of which provider a resource uses: looked for in its module, then along the calls to it."""

from __future__ import annotations

from dataclasses import dataclass

from kvmplan.addresses import StaticPath
from kvmplan.config.model import Configuration, ProviderName, Resource
from kvmplan.lang.suggest import did_you_mean
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error


@dataclass(frozen=True, slots=True, order=True)
class ProviderUse:
    """``plugin``: the provider; ``configuration``: which of its configurations, empty for the root module's default
    one: ``east`` (an alias), ``module.site``, ``module.site.east``.
    """

    plugin: str
    configuration: str = ""


class ProviderUses:
    """Answers for every resource of a tree of modules; each question is settled once."""

    def __init__(self, root: Configuration) -> None:
        self._root = root
        self._found: dict[tuple[StaticPath, ProviderName], ProviderUse | str] = {}

    def of(self, path: StaticPath, resource: Resource) -> ProviderUse | Diagnostic:
        """What ``resource``, in the module at ``path``, uses."""
        name = resource.provider or ProviderName(resource.address.provider)
        return self._settled(path, name, resource.range)

    def _settled(self, path: StaticPath, name: ProviderName, where: SourceRange) -> ProviderUse | Diagnostic:
        if (path, name) not in self._found:
            self._found[path, name] = self._find(path, name)
        found = self._found[path, name]
        if isinstance(found, ProviderUse):
            return found
        return error("No such provider configuration", found, source=where)

    def _find(self, path: StaticPath, name: ProviderName) -> ProviderUse | str:
        module = self._root.module(path)
        assert module is not None
        if name in module.providers:
            return own_use(module, name)
        if not path:
            return own_use(module, name) if not name.alias else _undeclared(module, name)
        caller = self._root.module(path[:-1])
        assert caller is not None
        handed = caller.calls[path[-1]].providers
        if name in handed:
            return self._find(path[:-1], handed[name])
        if name.alias:
            return (
                f"The module {'.'.join(path)} uses {name}, which its call does not hand over. Add "
                f"`providers = {{ {name} = ... }}` to the call."
            )
        required = module.required_providers.get(name.name)
        return self._find(path[:-1], ProviderName(required.plugin) if required else name)


def own_use(module: Configuration, name: ProviderName) -> ProviderUse:
    """What a provider configuration in ``module`` itself is known by everywhere."""
    required = module.required_providers.get(name.name)
    path = [f"module.{step}" for step in module.path]
    configuration = ".".join([*path, *([name.alias] if name.alias else [])])
    return ProviderUse(required.plugin if required else name.name, configuration)


def _undeclared(module: Configuration, name: ProviderName) -> str:
    known = [str(one) for one in module.providers]
    hint = did_you_mean(str(name), known) or f' Declare it: provider "{name.name}" {{ alias = "{name.alias}" }}'
    return f"There is no provider configuration {name}.{hint}"
