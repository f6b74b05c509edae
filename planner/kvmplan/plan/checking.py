"""Validation: every block against its schema, with whatever is not known unknown."""

from __future__ import annotations

from kvmplan.config.model import HostBlock, Resource
from kvmplan.graph import Dependencies
from kvmplan.lang import SENSITIVE, evaluate, mark, unknown
from kvmplan.plan.configured import read_body
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import UNEXPANDED, check_repetition
from kvmplan.plan.ignoring import ignored_paths
from kvmplan.plan.inputs import default_value, evaluate_local, provider_configuration
from kvmplan.plan.schemas import find_schema
from kvmplan.plugins import Plugins
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError


def check_blocks(evaluation: Evaluation, dependencies: Dependencies, plugins: Plugins) -> list[Diagnostic]:
    """What is wrong with any block, variables, instances and hosts being unknown."""
    diagnostics: list[Diagnostic] = []
    configuration = evaluation.configuration
    for name, variable in configuration.variables.items():
        if variable.default is not None:
            default_value(variable, evaluation, diagnostics)
        marks = frozenset({SENSITIVE} if variable.sensitive else ())
        evaluation.variables[name] = mark(unknown(variable.type), marks)
    for node in dependencies.order or dependencies.graph:
        if node.kind == "local":
            evaluate_local(evaluation, node.name, diagnostics)
        elif node.kind == "output":
            evaluate(configuration.outputs[node.name].expression, evaluation.scope(diagnostics))
        elif node.kind == "host":
            _check_host(configuration.hosts[node.name], evaluation, diagnostics)
        elif node.kind == "provider":
            provider_configuration(node.name, evaluation, plugins, diagnostics)
        elif node.address is not None:
            _check_resource(configuration.resources[node.address], evaluation, plugins, diagnostics)
    return diagnostics


def _check_host(host: HostBlock, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> None:
    check_repetition(None, host.for_each, evaluation.scope(diagnostics), diagnostics)
    evaluate(host.address, evaluation.scope(diagnostics, **UNEXPANDED))


def _check_resource(
    resource: Resource, evaluation: Evaluation, plugins: Plugins, diagnostics: list[Diagnostic]
) -> None:
    check_repetition(resource.count, resource.for_each, evaluation.scope(diagnostics), diagnostics)
    scope = evaluation.scope(diagnostics, **UNEXPANDED)
    if resource.host is not None:
        evaluate(resource.host, scope)
    try:
        schema = find_schema(resource, plugins)
    except DiagnosticError as problem:
        diagnostics += problem.diagnostics
        return
    read_body(f"A {resource.address.type}", resource.body, schema, resource.range, scope, diagnostics)
    diagnostics += ignored_paths(resource.lifecycle, schema)[1]
