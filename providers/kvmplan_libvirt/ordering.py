"""What names an object that the same step makes only afterwards: by its plain name, nothing says which comes first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kvmplan_libvirt.document import Node
from kvmplan_libvirt.plain import block, blocks
from kvmplan_sdk import Diagnostic, Object, Operation, Path, Verb, error
from kvmplan_sdk.values import format_path


def check_order(nodes: Mapping[str, Node], operations: Sequence[Operation]) -> Iterator[Diagnostic]:
    """``operations`` in their order; ``nodes``: the tables of their types."""
    later = {
        (operation.type, operation.after.get("name")): operation.address
        for operation in operations
        if operation.verb is Verb.CREATE and operation.after is not None
    }
    for operation in operations:
        for type_, name, path in _named(nodes[operation.type], operation.after or {}, ()):
            if type_ != operation.type and (type_, name) in later:
                maker = later[type_, name]
                yield error(
                    f"{name} is made only after what names it",
                    f"It is {maker}, and nothing says that this needs it. Refer to it instead of writing its name: "
                    f"`{format_path(path[-1:])} = {maker}.name`.",
                    address=operation.address,
                    path=path,
                )
        later.pop((operation.type, (operation.after or {}).get("name")), None)


def _named(node: Node, values: Object, at: Path) -> Iterator[tuple[str, str, Path]]:
    """The type and the name of each object that ``values`` name, and where."""
    for name, field in node.fields.items():
        type_, _, attribute = field.attribute.refers_to.partition(".")
        value = values.get(name)
        if attribute == "name" and isinstance(value, str):
            yield type_, value, (*at, name)
    for name, child in node.nodes.items():
        one = block(values, name)
        if one is not None:
            yield from _named(child, one, (*at, name))
        for index, item in enumerate(blocks(values, name)):
            yield from _named(child, item, (*at, name, index))
