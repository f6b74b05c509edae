"""What is known before any host is asked: named values that need no resource, hosts, provider configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kvmplan.addresses import format_key
from kvmplan.config.model import HostBlock
from kvmplan.config.providers import ProviderUse, own_use
from kvmplan.graph import Dependencies, Node
from kvmplan.graph.nodes import place, provider_of
from kvmplan.lang import ObjectValue, Value, evaluate, is_known, unmark
from kvmplan.plan.configured import read_body
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import UNEXPANDED, repetition
from kvmplan.plan.modules import Modules
from kvmplan.plan.named_values import NAMED, evaluate_named
from kvmplan.plugins import Plugins
from kvmplan.syntax.article import with_article
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, error, has_errors
from kvmplan_sdk.values import Object

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Inputs:
    """``hosts``: addresses by name (``kvm["a"]``); ``configurations``: of providers."""

    hosts: Mapping[str, str]
    configurations: Mapping[ProviderUse, Object]


def evaluate_inputs(
    modules: Modules,
    dependencies: Dependencies,
    given: Mapping[str, Value],
    plugins: Plugins,
    diagnostics: list[Diagnostic],
) -> Inputs:
    """Evaluate what needs no resource. ``given``: the values of the root module's variables, from outside."""
    hosts: dict[str, str] = {LOCAL: LOCAL}
    configurations: dict[ProviderUse, Object] = {}
    late = after_resources(dependencies)
    for node in dependencies.order:
        if node in late:
            if node.kind in {"host", "provider"}:
                diagnostics.append(_too_late(modules, node))
        elif node.kind in NAMED:
            evaluate_named(modules, node, given, diagnostics)
        elif node.kind == "host":
            for evaluation in modules.instances(node.module):
                hosts.update(_host(evaluation.configuration.hosts[node.name], evaluation, diagnostics))
        elif node.kind == "provider":
            for evaluation in modules.instances(node.module):
                found = provider_configuration(node, evaluation, plugins, diagnostics)
                if found is not None:
                    configurations[own_use(evaluation.configuration, provider_of(node))] = found
    return Inputs(hosts, configurations)


def after_resources(dependencies: Dependencies) -> frozenset[Node]:
    """Every node that refers to a resource, directly or not, and every resource."""
    late: set[Node] = set()
    for node in dependencies.order:
        if node.kind == "resource" or any(before in late for before in dependencies.graph.predecessors(node)):
            late.add(node)
    return frozenset(late)


def _too_late(modules: Modules, node: Node) -> Diagnostic:
    module = modules.configuration.module(node.module)
    return error(
        f"{with_article(node.kind)} that depends on a resource",
        f"The {node.kind} block is needed before any resource can be planned, so it may refer to variables, and to "
        "local values that refer to nothing else.",
        source=place(module, node) if module else None,
    )


def _host(block: HostBlock, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> Mapping[str, str]:
    instances = repetition(None, block.for_each, evaluation.scope(diagnostics), diagnostics)
    found: dict[str, str] = {}
    values: dict[str, Value] = {}
    for key, names in (instances or {}).items():
        name = f"{block.name}{format_key(key)}"
        address, _ = unmark(evaluate(block.address, evaluation.scope(diagnostics, **{**UNEXPANDED, **names})))
        if not isinstance(address, str):
            if is_known(address) or not has_errors(diagnostics):
                diagnostics.append(
                    error(
                        "Invalid host address",
                        'It must be a string, known before anything is planned: "local" or "ssh://user@host".',
                        source=block.address.range,
                    )
                )
            continue
        found[name] = address
        values[str(key)] = ObjectValue({"name": name, "address": address})
    if instances is not None and len(values) == len(instances):
        evaluation.hosts[block.name] = ObjectValue(values) if block.for_each is not None else values[str(None)]
    return found


def provider_configuration(
    node: Node, evaluation: Evaluation, plugins: Plugins, diagnostics: list[Diagnostic]
) -> Object | None:
    name = provider_of(node)
    block = evaluation.configuration.providers[name]
    try:
        provider = plugins.provider(own_use(evaluation.configuration, name).plugin)
    except DiagnosticError as problem:
        diagnostics += [diagnostic.at(block.range) for diagnostic in problem.diagnostics]
        return None
    scope = evaluation.scope(diagnostics)
    kind = f'A provider "{name}" block'
    return read_body(
        kind, block.body, provider.schema.configuration, block.range, scope, diagnostics, kept=False
    ).values


__all__ = ["LOCAL", "Inputs", "after_resources", "evaluate_inputs", "provider_configuration"]
