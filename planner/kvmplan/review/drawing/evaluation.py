"""All that is evaluated, in the form of Terraform's full graph, which drawing tools read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kvmplan.config.model import Configuration
from kvmplan.config.providers import ProviderUse, ProviderUses
from kvmplan.graph import Dependencies, Node
from kvmplan.review.drawing.dot import quoted
from kvmplan.review.drawing.reduction import reduced

_ROOT = "root"
_BOXES = {"resource": "box", "provider": "diamond", "var": "note"}


def evaluation_dot(dependencies: Dependencies, configuration: Configuration) -> str:
    """``"[root] NAME" -> "[root] NAME"`` for everything and what it needs, in one subgraph called root."""
    needs = {_name(node): {_name(one) for one in dependencies.graph.predecessors(node)} for node in dependencies.order}
    uses = _uses(configuration)
    for name, used in uses.items():
        needs.setdefault(name, set()).add(used)
        needs.setdefault(f"{used} (close)", set()).add(name)
    order = [*sorted(set(uses.values())), *map(_name, dependencies.order), *sorted(_closed(uses))]
    needed = {one for some in needs.values() for one in some}
    needs[_ROOT] = set(order) - needed
    kept = reduced([*dict.fromkeys(order), _ROOT], needs)
    shapes = {_name(node): shape for node in dependencies.order if (shape := _shape(node))}
    shapes |= dict.fromkeys(uses.values(), "diamond")
    return "\n".join(_lines(shapes, kept)) + "\n"


def _closed(uses: Mapping[str, str]) -> set[str]:
    return {f"{used} (close)" for used in uses.values()}


def _shape(node: Node) -> str:
    return "" if node.kind == "var" and node.module else _BOXES.get(node.kind, "")


def _name(node: Node) -> str:
    path = "".join(f"module.{name}." for name in node.module)
    match node.kind:
        case "resource":
            return f"{path}{node.name} (expand)"
        case "provider":
            provider, _, alias = node.name.partition(".")
            return path + _provider(provider, alias)
        case "contents":
            return f"{path}module.{node.name} (close)"
        case "var" if not node.module:
            return f"var.{node.name}"
        case _:
            return f"{path}{node.kind}.{node.name} (expand)"


def _provider(name: str, alias: str) -> str:
    return f'provider["{name}"]' + (f".{alias}" if alias else "")


def _uses(configuration: Configuration) -> dict[str, str]:
    """The configuration of a provider that each resource uses, by its name."""
    uses = ProviderUses(configuration)
    found: dict[str, str] = {}
    for module in configuration.tree():
        for resource in module.resources.values():
            use = uses.of(module.path, resource)
            if isinstance(use, ProviderUse):
                found[_name(Node(module.path, "resource", resource.address.text))] = _used(use)
    return found


def _used(use: ProviderUse) -> str:
    *modules, alias = use.configuration.split(".") if use.configuration else [""]
    if modules and len(modules) % 2:
        modules, alias = [*modules, alias], ""
    return "".join(f"{part}." for part in modules) + _provider(use.plugin, alias)


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
