"""Validation: every block against its schema, with whatever is not known unknown."""

from __future__ import annotations

from kvmplan.graph import Dependencies
from kvmplan.lang import Scope, evaluate, unknown
from kvmplan.plan.configured import read_body
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import UNEXPANDED
from kvmplan.plan.inputs import evaluate_local
from kvmplan.plan.schemas import find_schema
from kvmplan.plugins import Plugins
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError


def check_blocks(evaluation: Evaluation, dependencies: Dependencies, plugins: Plugins) -> list[Diagnostic]:
    """What is wrong with any block, variables, instances and hosts being unknown."""
    diagnostics: list[Diagnostic] = []
    configuration = evaluation.configuration
    for name, variable in configuration.variables.items():
        evaluation.variables[name] = unknown(variable.type)
        if variable.default is not None:
            evaluate(variable.default, Scope({}, diagnostics=diagnostics))
    for node in dependencies.order:
        if node.kind == "local":
            evaluate_local(evaluation, node.name, diagnostics)
        elif node.kind == "output":
            evaluate(configuration.outputs[node.name].expression, evaluation.scope(diagnostics))
        elif node.kind == "host":
            evaluate(configuration.hosts[node.name].address, evaluation.scope(diagnostics, **UNEXPANDED))
        elif node.address is not None:
            resource = configuration.resources[node.address]
            try:
                schema = find_schema(resource, plugins)
            except DiagnosticError as problem:
                diagnostics += problem.diagnostics
                continue
            scope = evaluation.scope(diagnostics, **UNEXPANDED)
            read_body(f"A {resource.address.type}", resource.body, schema, resource.range, scope, diagnostics)
    return diagnostics
