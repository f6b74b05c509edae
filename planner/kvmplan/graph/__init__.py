"""The dependency graph of a configuration: what must be evaluated before what, with every reference checked.

One graph holds the nodes of all modules. The graph of operations is `kvmplan.plan.operations`' business.
"""

from kvmplan.graph.build import Dependencies, build_graph
from kvmplan.graph.nodes import Node, expressions_of, resource_node
from kvmplan.graph.targets import resource_reference

__all__ = ["Dependencies", "Node", "build_graph", "expressions_of", "resource_node", "resource_reference"]
