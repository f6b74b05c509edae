"""Syntax: source text to a tree that knows its places, and canonical formatting. It evaluates nothing (`kvmplan.lang`
does) and reads no files (the configuration loader does) but for what it keeps in `kvmplan.cache`. Lark is loaded only
when its tables must be compiled anew.
"""

from kvmplan.syntax.json_body import parse_json_configuration, parse_json_values
from kvmplan.syntax.kept import kept_configuration
from kvmplan.syntax.nodes import (
    DYNAMIC_BLOCK,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    For,
    Index,
    Literal,
    Node,
    Object,
    ObjectItem,
    Parentheses,
    Reading,
    Relative,
    Splat,
    SplatItem,
    Step,
    Template,
    TemplateFor,
    Traversal,
    Tuple,
    Unary,
    Wrapped,
)
from kvmplan.syntax.overridden import override
from kvmplan.syntax.parse import parse_configuration, parse_expression, parse_template
from kvmplan.syntax.source import Source
from kvmplan.syntax.static import Reference, calls, references, static_traversal

__all__ = [
    "DYNAMIC_BLOCK",
    "Attribute",
    "Binary",
    "Block",
    "Body",
    "Call",
    "Conditional",
    "Expression",
    "For",
    "Index",
    "Literal",
    "Node",
    "Object",
    "ObjectItem",
    "Parentheses",
    "Reading",
    "Reference",
    "Relative",
    "Source",
    "Splat",
    "SplatItem",
    "Step",
    "Template",
    "TemplateFor",
    "Traversal",
    "Tuple",
    "Unary",
    "Wrapped",
    "calls",
    "kept_configuration",
    "override",
    "parse_configuration",
    "parse_expression",
    "parse_json_configuration",
    "parse_json_values",
    "parse_template",
    "references",
    "static_traversal",
]
