"""All that is evaluated, in the form of Terraform's full graph, which drawing tools read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import networkx as nx

from kvmplan.config.model import Configuration
from kvmplan.config.providers import ProviderUse, ProviderUses, own_use
from kvmplan.graph import Dependencies, Node, resource_node
from kvmplan.graph.nodes import provider_of
from kvmplan.review.drawing.dot import quoted
from kvmplan.review.drawing.reduction import reduced

_ROOT = "root"
_BOXES = {"resource": "box", "provider": "diamond", "var": "note"}


def evaluation_dot(dependencies: Dependencies, configuration: Configuration) -> str:
    """``"[root] NAME" -> "[root] NAME"`` for everything and what it needs, in one subgraph called root."""
    names = {node: _name(node, configuration) for node in dependencies.order}
    needs = {name: {names[one] for one in dependencies.graph.predecessors(node)} for node, name in names.items()}
    uses = _uses(configuration)
    for name, used in uses.items():
        needs.setdefault(name, set()).add(used)
        needs.setdefault(f"{used} (close)", set()).add(name)
    between: nx.DiGraph[str] = nx.DiGraph((need, name) for name, some in needs.items() for need in some)
    between.add_nodes_from(names.values())
    needs[_ROOT] = {name for name, later in between.out_degree() if not later}
    # A provider may need what uses it: planning tells, and here it is drawn as it is.
    acyclic = nx.is_directed_acyclic_graph(between)
    kept = reduced([*nx.topological_sort(between), _ROOT], needs) if acyclic else needs
    shapes = {name: shape for node, name in names.items() if (shape := _shape(node))}
    shapes |= dict.fromkeys(uses.values(), "diamond")
    return "\n".join(_lines(shapes, kept)) + "\n"


def _shape(node: Node) -> str:
    return "" if node.kind == "var" and node.module else _BOXES.get(node.kind, "")


def _name(node: Node, root: Configuration) -> str:
    path = "".join(f"module.{name}." for name in node.module)
    match node.kind:
        case "resource":
            return f"{path}{node.name} (expand)"
        case "provider":
            module = root.module(node.module)
            return _used(own_use(module, provider_of(node))) if module else node.name
        case "contents":
            return f"{path}module.{node.name} (close)"
        case "var" if not node.module:
            return f"var.{node.name}"
        case _:
            return f"{path}{node.kind}.{node.name} (expand)"


def _uses(configuration: Configuration) -> dict[str, str]:
    """The configuration of a provider that each resource uses, by its name."""
    uses = ProviderUses(configuration)
    found: dict[str, str] = {}
    for module in configuration.tree():
        for resource in module.resources.values():
            use = uses.of(module.path, resource)
            if isinstance(use, ProviderUse):
                found[_name(resource_node(module.path, resource.address), configuration)] = _used(use)
    return found


def _used(use: ProviderUse) -> str:
    *modules, alias = use.configuration.split(".") if use.configuration else [""]
    if modules and len(modules) % 2:
        modules, alias = [*modules, alias], ""
    return "".join(f"{part}." for part in modules) + f'provider["{use.plugin}"]' + (f".{alias}" if alias else "")


def _lines(shapes: Mapping[str, str], needs: Mapping[str, Iterable[str]]) -> Iterator[str]:
    yield "digraph {"
    yield '\tcompound = "true"'
    yield '\tnewrank = "true"'
    yield '\tsubgraph "root" {'
    for name, shape in sorted(shapes.items()):
        label = name.removesuffix(" (expand)")
        yield f"\t\t{quoted(f'[root] {name}')} [label = {quoted(label)}, shape = {quoted(shape)}]"
    pairs = sorted((start, end) for start, ends in needs.items() for end in ends)
    for start, end in pairs:
        yield f"\t\t{quoted(f'[root] {start}')} -> {quoted(f'[root] {end}')}"
    yield "\t}"
    yield "}"
