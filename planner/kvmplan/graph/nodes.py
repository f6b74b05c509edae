"""The nodes of the dependency graph, and the expressions that belong to each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kvmplan.addresses import Address, StaticPath
from kvmplan.config.model import Condition, Configuration, ModuleCall, ProviderName, Resource
from kvmplan.syntax import Expression, Reference
from kvmplan_sdk.diagnostics import SourceRange


@dataclass(frozen=True, slots=True)
class Node:
    """Something of the module at ``module`` that is evaluated.

    ``kind``: var, validation (of a variable), local, host, provider, resource, output, check, import (by its number),
    module (a call: which instances there are) or contents (all that the call makes). ``address``: of a resource, within
    its module.
    """

    module: StaticPath
    kind: str
    name: str
    address: Address | None = None

    def __str__(self) -> str:
        path = "".join(f"module.{name}." for name in self.module)
        return f"{path}{self.name}" if self.kind == "resource" else f"{path}{self.kind}.{self.name}"


def resource_node(module: StaticPath, address: Address) -> Node:
    """``address``: within its module, without key."""
    return Node(module, "resource", address.text, address)


def nodes_of(configuration: Configuration) -> Iterator[Node]:
    """The nodes of one module, those of the modules it calls not included."""
    path = configuration.path
    for kind, names in (
        ("var", configuration.variables),
        ("local", configuration.locals),
        ("host", configuration.hosts),
        ("provider", configuration.providers),
        ("output", configuration.outputs),
        ("check", configuration.checks),
        ("module", configuration.calls),
        ("contents", configuration.calls),
        ("import", range(len(configuration.imports))),
    ):
        for name in names:
            yield Node(path, kind, str(name))
    for name, variable in configuration.variables.items():
        if variable.validations:
            yield Node(path, "validation", name)
    for address in configuration.resources:
        yield resource_node(path, address)


def provider_of(node: Node) -> ProviderName:
    """The provider configuration that a node of that kind stands for."""
    return ProviderName(*node.name.split(".", 1))


def expressions_of(configuration: Configuration, node: Node) -> Iterator[Expression]:
    """Every expression that is written in ``node``, a node of ``configuration``."""
    match node.kind:
        case "local":
            yield configuration.locals[node.name].expression
        case "output":
            output = configuration.outputs[node.name]
            yield output.expression
            yield from _conditions(output.preconditions)
        case "provider":
            yield from configuration.providers[provider_of(node)].body.expressions([])
        case "host":
            host = configuration.hosts[node.name]
            yield from _written(host.address, host.for_each)
        case "validation":
            yield from _conditions(configuration.variables[node.name].validations)
        case "check":
            yield from _conditions(configuration.checks[node.name].assertions)
        case "import":
            imported = configuration.imports[int(node.name)]
            yield from _written(imported.id, imported.for_each)
            yield from (key for key in imported.target.keys if isinstance(key, Expression))
        case "module":
            call = configuration.calls[node.name]
            yield from _written(call.count, call.for_each, call.host)
        case "resource":
            assert node.address is not None
            yield from _of_resource(configuration.resources[node.address])


def _of_resource(resource: Resource) -> Iterator[Expression]:
    yield from _written(resource.count, resource.for_each, resource.host)
    yield from resource.body.expressions([])
    lifecycle = resource.lifecycle
    yield from _written(lifecycle.prevent_destroy)
    yield from lifecycle.replace_triggered_by
    yield from _conditions(lifecycle.preconditions)
    yield from _conditions(lifecycle.postconditions)


def _written(*parts: Expression | None) -> Iterator[Expression]:
    return (part for part in parts if part is not None)


def _conditions(conditions: Iterable[Condition]) -> Iterator[Expression]:
    for condition in conditions:
        yield from (condition.condition, condition.error_message)


def depends_on(configuration: Configuration, node: Node) -> tuple[Reference, ...]:
    match node.kind:
        case "output":
            return configuration.outputs[node.name].depends_on
        case "module":
            return configuration.calls[node.name].depends_on
        case "resource" if node.address is not None:
            return configuration.resources[node.address].depends_on
        case _:
            return ()


def repeater(configuration: Configuration, node: Node) -> Resource | ModuleCall | None:
    """What gives ``each`` and ``count`` a meaning in ``node``."""
    if node.kind == "module":
        return configuration.calls[node.name]
    return configuration.resources[node.address] if node.address is not None else None


def place(configuration: Configuration, node: Node) -> SourceRange | None:
    """Where ``node`` is written."""
    match node.kind:
        case "resource" if node.address is not None:
            return configuration.resources[node.address].range
        case "provider":
            return configuration.providers[provider_of(node)].range
        case "local":
            return configuration.locals[node.name].range
        case "host":
            return configuration.hosts[node.name].range
        case "output":
            return configuration.outputs[node.name].range
        case "var" | "validation":
            return configuration.variables[node.name].range
        case "module" | "contents":
            return configuration.calls[node.name].range
        case "check":
            return configuration.checks[node.name].range
        case "import":
            return configuration.imports[int(node.name)].range
        case _:
            return None
