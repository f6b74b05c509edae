"""``create_before_destroy``: which resources have it, and which must follow.

What a resource with it refers to must be created first as well: its old object cannot go while the resource's own old
object, which refers to it, is still there. So it spreads to dependencies, never to dependents (as in Terraform).
"""

from __future__ import annotations

import hashlib

from kvmplan.addresses import Address
from kvmplan.config.model import Configuration
from kvmplan.graph import Dependencies, Node
from kvmplan.state.model import State


def created_first(root: Configuration, dependencies: Dependencies) -> frozenset[Node]:
    """The resources whose replacements are created before what they replace is deleted."""
    spreading: set[Node] = set()
    for node in reversed(dependencies.order):
        if _says_so(root, node) or any(after in spreading for after in dependencies.graph.successors(node)):
            spreading.add(node)
    return frozenset(node for node in spreading if node.kind == "resource")


def _says_so(root: Configuration, node: Node) -> bool:
    module = root.module(node.module) if node.address is not None else None
    return (
        module is not None
        and node.address is not None
        and module.resources[node.address].lifecycle.create_before_destroy
    )


def deposed_key(address: Address, state: State) -> str:
    """Eight digits that tell the old object of ``address`` from its successor: the same for the same plan."""
    text = f"{state.lineage}\0{state.serial}\0{address}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


__all__ = ["created_first", "deposed_key"]
