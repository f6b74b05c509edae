"""The dependency graph of a configuration: what must be evaluated before what, with every reference checked.

Nodes are variables, local values, hosts, providers, resources and outputs; an edge goes from what is referred to, to
what refers to it. The graph of operations is `kvmplan.plan.operations`' business.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx

from kvmplan.addresses import Address
from kvmplan.config.model import Configuration, Resource
from kvmplan.lang.suggest import did_you_mean
from kvmplan.syntax import Expression, Reference, references
from kvmplan_sdk.diagnostics import Diagnostic, SourceRange, error

BUILT_IN_ROOTS = frozenset({"each", "count", "path", "kvmplan", "self"})


@dataclass(frozen=True, slots=True)
class Node:
    """``kind``: var, local, host, provider, resource or output."""

    kind: str
    name: str
    address: Address | None = None

    def __str__(self) -> str:
        return self.name if self.kind == "resource" else f"{self.kind}.{self.name}"


@dataclass(frozen=True, slots=True)
class Dependencies:
    """``order``: every node after those it refers to; stable for one configuration."""

    graph: nx.DiGraph[Node]
    order: tuple[Node, ...]


def resource_node(address: Address) -> Node:
    return Node("resource", str(address.resource), address.resource)


def build_graph(configuration: Configuration) -> tuple[Dependencies, list[Diagnostic]]:
    """The graph, and every reference to nothing. With a cycle in it, ``order`` is empty."""
    graph: nx.DiGraph[Node] = nx.DiGraph()
    diagnostics: list[Diagnostic] = []
    for node in _nodes(configuration):
        graph.add_node(node)
    for node in list(graph):
        resource = configuration.resources.get(node.address) if node.address else None
        for reference in _references(configuration, node):
            target = _target(reference, configuration, resource)
            if isinstance(target, Diagnostic):
                diagnostics.append(target)
            elif target is not None:
                graph.add_edge(target, node)
    cycle = _cycle(graph, configuration)
    if cycle is not None:
        return Dependencies(graph, ()), [*diagnostics, cycle]
    order = nx.lexicographical_topological_sort(graph, key=lambda node: (node.kind, node.name))
    return Dependencies(graph, tuple(order)), diagnostics


def _nodes(configuration: Configuration) -> Iterator[Node]:
    for kind, names in (
        ("var", configuration.variables),
        ("local", configuration.locals),
        ("host", configuration.hosts),
        ("provider", configuration.providers),
        ("output", configuration.outputs),
    ):
        for name in names:
            yield Node(kind, name)
    for address in configuration.resources:
        yield resource_node(address)


def expressions_of(configuration: Configuration, node: Node) -> Iterator[Expression]:
    """Every expression that belongs to ``node``."""
    match node.kind:
        case "local":
            yield configuration.locals[node.name].expression
        case "output":
            yield configuration.outputs[node.name].expression
        case "provider":
            yield from configuration.providers[node.name].body.expressions([])
        case "host":
            host = configuration.hosts[node.name]
            yield from (part for part in (host.address, host.for_each) if part is not None)
        case "resource":
            assert node.address is not None
            resource = configuration.resources[node.address]
            yield from (part for part in (resource.count, resource.for_each, resource.host) if part is not None)
            yield from resource.body.expressions([])


def _references(configuration: Configuration, node: Node) -> Iterator[Reference]:
    for expression in expressions_of(configuration, node):
        yield from references(expression)
    if node.kind == "output":
        yield from configuration.outputs[node.name].depends_on
    elif node.address is not None:
        yield from configuration.resources[node.address].depends_on


def _target(reference: Reference, configuration: Configuration, resource: Resource | None) -> Node | Diagnostic | None:
    """What a reference refers to: a node, nothing of the graph (``path.module``), or what is wrong with it."""
    root, name = reference.root, _step(reference, 0)
    if root in BUILT_IN_ROOTS:
        return _repetition(reference, resource)
    if root in {"var", "local", "host"}:
        return _named(reference, root, name, configuration)
    if root == "module":
        return error("Modules are not supported yet", "This kvmplan reads one directory.", source=reference.range)
    address = resource_reference(reference)
    if address is None:
        return error(
            "Invalid reference",
            f'"{reference.text}" is not a reference: a resource is TYPE.NAME, a variable var.NAME, a local value '
            f"local.NAME. For the text itself write it in quotes.",
            source=reference.range,
        )
    if address in configuration.resources:
        return resource_node(address)
    return _undeclared_resource(reference, address, configuration)


def _step(reference: Reference, position: int) -> str | None:
    if position < len(reference.steps) and reference.steps[position].attribute:
        return str(reference.steps[position].key)
    return None


def resource_reference(reference: Reference) -> Address | None:
    """The resource, without instance, that a reference names; None when it is too short to be one.

    ``resource.TYPE.NAME`` is ``TYPE.NAME``.
    """
    if reference.root in {"data", "resource"}:
        type_, name = _step(reference, 0), _step(reference, 1)
        mode = "data" if reference.root == "data" else "managed"
        return Address(type_, name, mode=mode) if type_ and name else None
    name = _step(reference, 0)
    return Address(reference.root, name) if name else None


def _repetition(reference: Reference, resource: Resource | None) -> Diagnostic | None:
    """``each`` and ``count`` have a meaning only where a resource repeats."""
    if reference.root == "each" and resource is not None and resource.for_each is None:
        return error(
            "each without for_each",
            f'{resource.address} has no "for_each", so there is no "each" in it. Add `for_each = ...`.',
            source=reference.range,
        )
    if reference.root == "count" and (resource is None or resource.count is None):
        return error(
            "count.index without count",
            '"count.index" has a meaning only in a resource with "count".',
            source=reference.range,
        )
    return None


def _named(reference: Reference, root: str, name: str | None, configuration: Configuration) -> Node | Diagnostic:
    declared = {"var": configuration.variables, "local": configuration.locals, "host": configuration.hosts}[root]
    word, how = {
        "var": ("input variable", 'variable "{}" {{}}'),
        "local": ("local value", "locals {{ {} = ... }}"),
        "host": ("host", 'host "{}" {{ address = ... }}'),
    }[root]
    if name is None:
        return error("Invalid reference", f'"{root}" must be followed by a dot and a name.', source=reference.range)
    if name in declared:
        return Node(root, name)
    hint = did_you_mean(name, declared) or f" Declare it with `{how.format(name)}`."
    return error(f"Reference to undeclared {word}", f'There is no {word} "{name}".{hint}', source=reference.range)


def _undeclared_resource(reference: Reference, address: Address, configuration: Configuration) -> Diagnostic:
    what = "data source" if address.mode == "data" else "resource"
    hint = did_you_mean(str(address), map(str, configuration.resources))
    other = Address(address.type, address.name, mode="managed" if address.mode == "data" else "data")
    if not hint and other in configuration.resources:
        hint = f' Did you mean "{other}"?'
    return error(
        f"Reference to undeclared {what}",
        f"There is no {what} {address} in this configuration.{hint}",
        source=reference.range,
    )


def _cycle(graph: nx.DiGraph[Node], configuration: Configuration) -> Diagnostic | None:
    """One cycle, as a path that a person can follow, placed at its first member."""
    knots = [
        sorted(knot, key=str)
        for knot in nx.strongly_connected_components(graph)
        if len(knot) > 1 or any(graph.has_edge(node, node) for node in knot)
    ]
    if not knots:
        return None
    knot = min(knots, key=lambda nodes: str(nodes[0]))
    found = nx.find_cycle(graph.subgraph(knot), knot[0])
    members = [found[0][0], *(edge[0] for edge in reversed(found[1:]))]
    path = " → ".join(map(str, [*members, members[0]]))
    return error(
        "Dependency cycle",
        f"Each of these refers to the next: {path}. Break the circle: move what both ends need into a local value or a "
        "variable.",
        source=_place(configuration, members[0]),
    )


def _place(configuration: Configuration, node: Node) -> SourceRange | None:
    if node.address is not None:
        return configuration.resources[node.address].range
    match node.kind:
        case "local":
            return configuration.locals[node.name].range
        case "host":
            return configuration.hosts[node.name].range
        case "provider":
            return configuration.providers[node.name].range
        case _:
            return None
