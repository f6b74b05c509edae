"""What is known before any host is asked: variables, locals that need nothing else, hosts, provider configurations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kvmplan.addresses import format_key
from kvmplan.config.model import HostBlock, Variable
from kvmplan.graph import Dependencies, Node
from kvmplan.lang import (
    SENSITIVE,
    ConversionError,
    ObjectValue,
    Scope,
    Value,
    convert,
    evaluate,
    is_known,
    is_null,
    mark,
    unmark,
)
from kvmplan.plan.configured import read_body
from kvmplan.plan.evaluation import Evaluation
from kvmplan.plan.expand import UNEXPANDED, repetition
from kvmplan.plugins import Plugins
from kvmplan_sdk.diagnostics import Diagnostic, DiagnosticError, SourceRange, error, has_errors
from kvmplan_sdk.values import Object

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Inputs:
    """``hosts``: addresses by name (``kvm["a"]``); ``configurations``: of providers, by name."""

    hosts: Mapping[str, str]
    configurations: Mapping[str, Object]


def evaluate_inputs(
    evaluation: Evaluation,
    dependencies: Dependencies,
    given: Mapping[str, Value],
    plugins: Plugins,
    diagnostics: list[Diagnostic],
) -> Inputs:
    """Evaluate what needs no resource. ``given``: the values of variables, from outside."""
    hosts: dict[str, str] = {LOCAL: LOCAL}
    configurations: dict[str, Object] = {}
    late = after_resources(dependencies)
    for node in dependencies.order:
        if node in late:
            if node.kind in {"host", "provider"}:
                diagnostics.append(_too_late(evaluation, node))
            continue
        match node.kind:
            case "var":
                variable = evaluation.configuration.variables[node.name]
                evaluation.variables[node.name] = _variable(variable, given, evaluation, diagnostics)
                _check(variable, evaluation, diagnostics)
            case "local":
                evaluate_local(evaluation, node.name, diagnostics)
            case "host":
                block = evaluation.configuration.hosts[node.name]
                hosts.update(_host(block, evaluation, diagnostics))
            case "provider":
                found = provider_configuration(node.name, evaluation, plugins, diagnostics)
                if found is not None:
                    configurations[node.name] = found
            case _:
                pass
    return Inputs(hosts, configurations)


def after_resources(dependencies: Dependencies) -> frozenset[Node]:
    """Every node that refers to a resource, directly or not, and every resource."""
    late: set[Node] = set()
    for node in dependencies.order:
        if node.kind == "resource" or any(before in late for before in dependencies.graph.predecessors(node)):
            late.add(node)
    return frozenset(late)


def evaluate_local(evaluation: Evaluation, name: str, diagnostics: list[Diagnostic]) -> None:
    expression = evaluation.configuration.locals[name].expression
    evaluation.locals[name] = evaluate(expression, evaluation.scope(diagnostics))


def _too_late(evaluation: Evaluation, node: Node) -> Diagnostic:
    configuration = evaluation.configuration
    block = configuration.hosts[node.name] if node.kind == "host" else configuration.providers[node.name]
    return error(
        f"A {node.kind} that depends on a resource",
        f"The {node.kind} block is needed before any resource can be planned, so it may refer to variables, and to "
        "local values that refer to nothing else.",
        source=block.range,
    )


def _variable(
    variable: Variable, given: Mapping[str, Value], evaluation: Evaluation, diagnostics: list[Diagnostic]
) -> Value:
    value: Value
    if variable.name in given:
        value, source = given[variable.name], variable.range
    elif variable.default is not None:
        return default_value(variable, evaluation, diagnostics)
    else:
        diagnostics.append(
            error(
                "No value for required variable",
                f'"{variable.name}" has no default. Set it with --var {variable.name}=..., in a .kvmvars.hcl file, or '
                f"as KVMPLAN_VAR_{variable.name} in the environment."
                + (f" It is: {variable.description}" if variable.description else ""),
                source=variable.range,
            )
        )
        return evaluation.variables[variable.name]
    if is_null(value) and not variable.nullable and variable.default is not None:
        return default_value(variable, evaluation, diagnostics)
    return _converted(variable, value, source, evaluation, diagnostics)


def default_value(variable: Variable, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> Value:
    """The default of a variable that has one, as its type has it."""
    assert variable.default is not None
    value = evaluate(variable.default, Scope({}, diagnostics=diagnostics))
    return _converted(variable, value, variable.default.range, evaluation, diagnostics)


def _converted(
    variable: Variable, value: Value, source: SourceRange, evaluation: Evaluation, diagnostics: list[Diagnostic]
) -> Value:
    try:
        value = convert(variable.type_defaults.apply(value), variable.type)
    except ConversionError as problem:
        diagnostics.append(
            error("Invalid value for variable", f'The value of "{variable.name}": {problem}.', source=source)
        )
        return evaluation.variables[variable.name]
    if is_null(value) and not variable.nullable:
        diagnostics.append(error("Invalid value for variable", f'"{variable.name}" must not be null.', source=source))
    return mark(value, frozenset({SENSITIVE})) if variable.sensitive else value


def _check(variable: Variable, evaluation: Evaluation, diagnostics: list[Diagnostic]) -> None:
    for validation in variable.validations:
        holds, _ = unmark(evaluate(validation.condition, evaluation.scope(diagnostics)))
        if holds is False:
            message, marks = unmark(evaluate(validation.error_message, evaluation.scope(diagnostics)))
            text = "(the message is sensitive)" if marks else str(message)
            diagnostics.append(
                error(
                    "Invalid value for variable",
                    f"{text}\nThis was checked by the validation rule at {validation.range}.",
                    source=variable.range,
                )
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
    name: str, evaluation: Evaluation, plugins: Plugins, diagnostics: list[Diagnostic]
) -> Object | None:
    block = evaluation.configuration.providers[name]
    try:
        provider = plugins.provider(name)
    except DiagnosticError as problem:
        diagnostics += [diagnostic.at(block.range) for diagnostic in problem.diagnostics]
        return None
    scope = evaluation.scope(diagnostics)
    kind = f'Provider "{name}"'
    return read_body(kind, block.body, provider.schema.configuration, block.range, scope, diagnostics).values


__all__ = [
    "LOCAL",
    "Inputs",
    "after_resources",
    "default_value",
    "evaluate_inputs",
    "evaluate_local",
    "provider_configuration",
]
