"""Where to look: each host with each configuration of each provider that can say what there is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kvmplan.config.model import Configuration, ProviderName
from kvmplan.config.providers import ProviderUse, own_use
from kvmplan.lane import Lane
from kvmplan.lang.suggest import did_you_mean
from kvmplan.plan.inputs import LOCAL
from kvmplan.plugins import Plugins
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error


@dataclass(frozen=True, slots=True)
class Place:
    """``provider``: what a block of the root module calls the provider configuration of ``lane``; ``prefix``: what
    names begin with, so that those of several hosts differ.
    """

    lane: Lane
    provider: ProviderName
    prefix: str = ""

    @property
    def meta_arguments(self) -> tuple[str, ...]:
        """Those that a ``resource`` block needs to be here."""
        host = () if self.lane.host == LOCAL else (f"host = host.{self.lane.host}",)
        return host if self.provider == ProviderName(self.lane.provider) else (*host, f"provider = {self.provider}")


def places(
    configuration: Configuration,
    hosts: Iterable[str],
    plugins: Plugins,
    host: str | None,
    provider: str | None,
    *,
    within: bool = False,
) -> list[Place]:
    """All, or those of one host and one provider; ``within``: of providers that look into what is named. Raises
    `DiagnosticError` when there is no such one.
    """
    declared = sorted(name for name in hosts if name != LOCAL) or [LOCAL]
    problems: list[Diagnostic] = [*_wrong_host(host, declared), *_wrong_provider(provider, plugins, within=within)]
    if problems:
        raise DiagnosticError(*problems)
    names = [name for name in plugins.names if provider in (None, name) and _looks(plugins, name, within=within)]
    return [
        Place(Lane(one, name, use.configuration), spelled, one if len(declared) > 1 else "")
        for one in declared
        if host in (None, one)
        for name in names
        for spelled, use in _configurations(configuration, name).items()
    ]


def _configurations(configuration: Configuration, plugin: str) -> Mapping[ProviderName, ProviderUse]:
    """Those of a plugin in the root module; without a block, the one that needs none."""
    uses = {name: own_use(configuration, name) for name in configuration.providers}
    found = {name: use for name, use in uses.items() if use.plugin == plugin}
    return found or {ProviderName(plugin): ProviderUse(plugin)}


def _wrong_host(host: str | None, declared: Sequence[str]) -> Iterator[Diagnostic]:
    if host is None or host in declared:
        return
    if declared == [LOCAL]:
        detail = f'There are no host blocks, so there is only this machine, "{LOCAL}". Declare it, or leave --host out.'
    else:
        detail = did_you_mean(host, declared).lstrip() or f"Declared are {', '.join(declared)}."
    yield error(f'No host "{host}"', detail)


def _looks(plugins: Plugins, name: str, *, within: bool) -> bool:
    provider = plugins.provider(name)
    return bool(provider.discovers_within) if within else provider.discovers


def _wrong_provider(provider: str | None, plugins: Plugins, *, within: bool) -> Iterator[Diagnostic]:
    if provider is None:
        return
    try:
        found = plugins.provider(provider)
    except DiagnosticError as problem:
        yield from problem.diagnostics
        return
    if _looks(plugins, provider, within=within):
        return
    if found.discovers_within:
        yield error(f"Provider {provider} must be told where", f"Say it with --within: {found.discovers_within}")
    elif within:
        yield error(f"Provider {provider} takes no --within", "Leave it out.")
    else:
        yield error(f"Provider {provider} cannot discover", "It has no way to say what is there. Name another one.")
