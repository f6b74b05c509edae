"""What comes before a run: the configuration read, its graph, and what can be evaluated without hosts and state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kvmplan.backends.opening import backend_problems
from kvmplan.config.encryption.declared import declared
from kvmplan.config.encryption.settings import protections
from kvmplan.config.loader import load_configuration, parse_sources
from kvmplan.config.model import Configuration
from kvmplan.config.variables import Given, given_values, unsaved_values
from kvmplan.encryption import Protections
from kvmplan.graph import Dependencies, build_graph
from kvmplan.lang import Value
from kvmplan.plan.checking import check_blocks
from kvmplan.plan.inputs import Inputs, evaluate_inputs
from kvmplan.plan.modules import Modules
from kvmplan.plugins import Plugins
from kvmplan.verdict import remember
from kvmplan_sdk.backend import DEFAULT_WORKSPACE
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, has_errors


@dataclass(slots=True, kw_only=True)
class Prepared:
    """A configuration with everything evaluated that needs no host. ``given``: the variables' values from outside."""

    configuration: Configuration
    dependencies: Dependencies
    modules: Modules
    inputs: Inputs
    given: Mapping[str, Value]
    sources: Mapping[str, str]
    protections: Protections = field(default_factory=Protections)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        return has_errors(self.diagnostics)


def prepare(
    directory: Path, given: Given, plugins: Plugins, *, workspace: str = DEFAULT_WORKSPACE, empty: bool = False
) -> Prepared:
    """Read and evaluate the configuration in ``directory``. Raises `DiagnosticError` when there is none, unless
    ``empty`` will do.
    """
    configuration, diagnostics = load_configuration(directory, empty=empty)
    values, texts = given_values(configuration, given, diagnostics)
    sources = {**configuration.sources, **texts}
    return _prepared(configuration, values, sources, plugins, diagnostics, workspace=workspace)


def prepare_again(
    sources: Mapping[str, str],
    directory: str,
    layout: Mapping[str, str],
    saved: Mapping[str, Value],
    given: Given,
    plugins: Plugins,
    moment: datetime,
    workspace: str = DEFAULT_WORKSPACE,
) -> Prepared:
    """The same from what a plan file holds; ``layout``: the directories of modules; ``saved``: the values of variables;
    ``given``: those that no file keeps; ``moment``: when it was planned.
    """
    configuration, diagnostics = parse_sources(sources, directory, layout)
    values = {**saved, **unsaved_values(configuration, given, diagnostics)}
    return _prepared(configuration, values, sources, plugins, diagnostics, moment=moment, workspace=workspace)


def _prepared(
    configuration: Configuration,
    given: Mapping[str, Value],
    sources: Mapping[str, str],
    plugins: Plugins,
    diagnostics: list[Diagnostic],
    *,
    moment: datetime | None = None,
    workspace: str,
) -> Prepared:
    dependencies, problems = build_graph(configuration)
    diagnostics += problems
    modules = Modules(configuration, plugins, moment=moment, workspace=workspace)
    found: list[Diagnostic] = []
    inputs = evaluate_inputs(modules, dependencies, given, plugins, found)
    diagnostics += _new(found, diagnostics)
    protected = Protections()
    try:
        protected = protections(configuration, lambda: given)
    except DiagnosticError as problem:
        diagnostics += _new(problem.diagnostics, diagnostics)
    if has_errors(diagnostics):
        # The run ends here: say at once what else is wrong.
        diagnostics += _new(check_blocks(Modules(configuration, plugins), dependencies, plugins), diagnostics)
    return Prepared(
        configuration=configuration,
        dependencies=dependencies,
        modules=modules,
        inputs=inputs,
        given=given,
        sources=sources,
        protections=protected,
        diagnostics=diagnostics,
    )


def check(directory: Path) -> tuple[Mapping[str, str], list[Diagnostic]]:
    """Everything that can be said of a configuration without its variables' values and without any host."""
    plugins = Plugins()
    configuration, diagnostics = load_configuration(directory)
    dependencies, problems = build_graph(configuration)
    diagnostics += problems
    declared(configuration, diagnostics)
    diagnostics += backend_problems(configuration)
    diagnostics += _new(check_blocks(Modules(configuration, plugins), dependencies, plugins), diagnostics)
    if not diagnostics:
        remember(directory, configuration.sources, plugins.packages)
    return configuration.sources, diagnostics


def _new(found: Iterable[Diagnostic], told: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Those of ``found`` that say something about another place than ``told``, or than a part of it, each once."""
    told = frozenset(told)
    places = {diagnostic.source for diagnostic in told if diagnostic.source is not None}
    return [
        diagnostic
        for diagnostic in dict.fromkeys(found)
        if diagnostic not in told and (diagnostic.source is None or not any(map(diagnostic.source.is_within, places)))
    ]
