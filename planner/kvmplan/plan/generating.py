"""Configuration for objects that are there already: what it must say for a plan to change nothing about them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction

from kvmplan.addresses import Address
from kvmplan.syntax.format import layout, quoted_string
from kvmplan.syntax.number import number_text
from kvmplan_sdk.proposing import Shape
from kvmplan_sdk.schema import Attribute, Block, Nesting, ObjectSchema
from kvmplan_sdk.values import Object, Typed, Value

Refer = Callable[[str, Value], str | None]
"""The expression for a value that is some attribute of another object, as ``Attribute.refers_to`` names it; or None."""


def _literally(_attribute: str, _value: Value) -> None:
    return None


def resource_text(
    address: Address, schema: ObjectSchema, values: Object, *, lines: tuple[str, ...] = (), refer: Refer = _literally
) -> str:
    """A ``resource`` block. ``lines``: its meta-arguments. What is only computed, null, or as it is by default is left
    out; what is sensitive is null, for a person to write.
    """
    body = "\n".join([*lines, *_body(schema, values, refer)]).strip("\n")
    inside = f"\n{body}\n" if body else ""
    return layout(f"resource {quoted_string(address.type)} {quoted_string(address.name)} {{{inside}}}\n")


def _body(shape: Shape, values: Object, refer: Refer) -> Iterator[str]:
    for name, attribute in shape.attributes.items():
        yield from _argument(name, attribute, values.get(name), refer)
    for name, block in shape.blocks.items():
        for item in _blocks(block, values.get(name)):
            lines = list(_body(block, item, refer))
            lines = lines[1:] if lines[:1] == [""] else lines
            if lines or block.nesting is not Nesting.GROUP:
                yield from ("", f"{name} {{", *lines, "}")


def _argument(name: str, attribute: Attribute, value: Value, refer: Refer) -> Iterator[str]:
    if attribute.read_only:
        return
    if attribute.sensitive and (value is not None or attribute.required):
        yield f"{name} = null # sensitive: write it here, or refer to it"
    elif value is None and attribute.required:
        yield f"{name} = null # needed, but not known of the object"
    elif value is not None and value != attribute.default:
        reference = refer(attribute.refers_to, value) if attribute.refers_to else None
        yield f"{name} = {reference or _expression(value)}"


def _blocks(block: Block, value: Value) -> list[Object]:
    if isinstance(value, Mapping):
        return [value]
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, (list, tuple)) else []


def _expression(value: Value) -> str:
    if isinstance(value, Typed):
        return _expression(value.value)
    if isinstance(value, str):
        return quoted_string(value)
    if isinstance(value, Mapping):
        entries = (f"{quoted_string(name)} = {_expression(item)}" for name, item in value.items() if item is not None)
        return "\n".join(["{", *entries, "}"]) if value else "{}"
    if isinstance(value, (list, tuple)):
        return "\n".join(["[", *(f"{_expression(item)}," for item in value), "]"]) if value else "[]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    assert isinstance(value, (int, Decimal)), value
    return number_text(value if isinstance(value, int) else Fraction(value))


__all__ = ["resource_text"]
