"""Validation: every block of every module against its schema, with whatever is not known unknown."""

from __future__ import annotations

from kvmplan.config.model import HostBlock, Resource
from kvmplan.config.providers import ProviderUses
from kvmplan.config.variable_values import default_value, marks_of_block
from kvmplan.graph import Dependencies, Node
from kvmplan.lang import DYNAMIC, evaluate, mark, unknown
from kvmplan.plan.conditions import judge
from kvmplan.plan.configured import read_body
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import UNEXPANDED, check_repetition
from kvmplan.plan.ignoring import ignored_paths
from kvmplan.plan.imports import needless_providers
from kvmplan.plan.inputs import provider_configuration
from kvmplan.plan.modules import Modules
from kvmplan.plan.move_rules import move_problems
from kvmplan.plan.named_values import evaluate_named, expand_call
from kvmplan.plan.removal import wrong_removals
from kvmplan.plan.schemas import find_schema
from kvmplan.plan.triggers import check_triggers
from kvmplan.plugins import Plugins
from kvmplan.syntax.article import with_article
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError
from kvmplan_sdk.schema import type_of


def check_blocks(modules: Modules, dependencies: Dependencies, plugins: Plugins) -> list[Diagnostic]:
    """What is wrong with any block, variables, instances and hosts being unknown."""
    configuration = modules.configuration
    diagnostics = [
        *wrong_removals(configuration),
        *move_problems(configuration),
        *needless_providers(configuration),
    ]
    uses = ProviderUses(modules.configuration)
    for node in dependencies.order or dependencies.graph:
        for evaluation in modules.instances(node.module):
            _check(node, modules, evaluation, uses, plugins, diagnostics)
    return list(dict.fromkeys(diagnostics))


def _check(
    node: Node,
    modules: Modules,
    evaluation: Evaluation,
    uses: ProviderUses,
    plugins: Plugins,
    diagnostics: list[Diagnostic],
) -> None:
    configuration = evaluation.configuration
    match node.kind:
        case "var" if evaluation.parent is None:
            _check_variable(node.name, evaluation, diagnostics)
        case "var" | "validation" | "local":
            evaluate_named(modules, node, {}, diagnostics)
        case "output":
            _check_output(node.name, modules, evaluation, diagnostics)
        case "module":
            expand_call(modules, evaluation, node.name, diagnostics, certain=False)
        case "host":
            _check_host(configuration.hosts[node.name], evaluation, diagnostics)
        case "provider":
            provider_configuration(node, evaluation, plugins, diagnostics)
        case "check":
            judge(configuration.checks[node.name].assertions, evaluation.scope([]), diagnostics)
        case "import":
            imported = configuration.imports[int(node.name)]
            check_repetition(None, imported.for_each, evaluation.scope(diagnostics), diagnostics)
            evaluate(imported.id, evaluation.scope(diagnostics, **UNEXPANDED))
        case "resource" if node.address is not None:
            resource = configuration.resources[node.address]
            _check_resource(resource, node, evaluation, uses, plugins, diagnostics)


def _check_variable(name: str, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> None:
    variable = evaluation.configuration.variables[name]
    if variable.default is not None:
        default_value(variable, diagnostics)
    evaluation.variables[name] = mark(unknown(variable.type), marks_of_block(variable))


def _check_output(name: str, modules: Modules, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> None:
    output = evaluation.configuration.outputs[name]
    if evaluation.parent is not None:
        evaluate_named(modules, Node(evaluation.configuration.path, "output", name), {}, diagnostics)
    else:
        judge(output.preconditions, evaluation.scope([]), diagnostics)
        evaluate(output.expression, evaluation.scope(diagnostics))


def _check_host(host: HostBlock, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> None:
    check_repetition(None, host.for_each, evaluation.scope(diagnostics), diagnostics)
    evaluate(host.address, evaluation.scope(diagnostics, **UNEXPANDED))


def _check_resource(
    resource: Resource,
    node: Node,
    evaluation: Evaluation,
    uses: ProviderUses,
    plugins: Plugins,
    diagnostics: list[Diagnostic],
) -> None:
    check_repetition(resource.count, resource.for_each, evaluation.scope(diagnostics), diagnostics)
    scope = evaluation.scope(diagnostics, **UNEXPANDED)
    if resource.host is not None:
        evaluate(resource.host, scope)
    judge(resource.lifecycle.preconditions, scope, diagnostics)
    judge(resource.lifecycle.postconditions, evaluation.scope([], **UNEXPANDED, self=DYNAMIC), diagnostics)
    check_triggers(resource, evaluation.configuration, diagnostics)
    use = uses.of(node.module, resource)
    if isinstance(use, Diagnostic):
        diagnostics.append(use)
        return
    try:
        schema = find_schema(resource, use, plugins)
    except DiagnosticError as problem:
        diagnostics += problem.diagnostics
        return
    read_body(with_article(resource.address.type), resource.body, schema, resource.range, scope, diagnostics)
    diagnostics += ignored_paths(resource.lifecycle, schema)[1]
    if resource.count is None and resource.for_each is None:
        evaluation.set_resource(resource.address, {None: unknown(type_of(schema))})


__all__ = ["check_blocks"]
