"""What a text says, its layout aside: for tests that nothing is lost when it is written anew."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from kvmplan.syntax import Attribute, Body, Parentheses, Wrapped
from kvmplan.syntax.lexer import Lexer

_PLACES = {"source", "start", "end", "name_end", "type_end", "root_end", "label_spans"}


def shape(node: Any) -> Any:
    """The tree without its places, and without what formatting takes away or puts around a value."""
    if isinstance(node, Wrapped | Parentheses):
        return shape(node.inner)
    if isinstance(node, Body):
        return {name: _value(found) for name, found in node.attributes.items()}, [shape(block) for block in node.blocks]
    if isinstance(node, list | tuple):
        return [shape(item) for item in node]
    if hasattr(node, "__dataclass_fields__"):
        parts = [shape(getattr(node, field.name)) for field in fields(node) if field.name not in _PLACES]
        return [type(node).__name__, *parts]
    return node


def _value(attribute: Attribute) -> Any:
    """Types are rewritten: of ``type`` only that it is there counts."""
    return attribute.name if attribute.name == "type" else shape(attribute.expression)


def comments(text: str) -> list[str]:
    text = text.removeprefix("\ufeff")
    tokens = Lexer(text, everything=True).scan(newlines=True)
    return [text[start:end].strip() for kind, start, end in tokens if kind == "COMMENT"]
