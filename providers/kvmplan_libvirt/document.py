"""XML documents as tables: each attribute of a schema, where libvirt's XML has it, and how a change is carried out.

From one table come the schema that users write against, the values read from a document, and the edits of a document
that leave alone whatever the table does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from kvmplan_libvirt.mechanism import RESTART, Mechanism
from kvmplan_libvirt.spelling import canonical
from kvmplan_sdk import Attribute, Block, Nesting, Object, ObjectSchema, Value


@dataclass(frozen=True, slots=True)
class Codec:
    """Between a value and the text that XML has for it."""

    parse: Callable[[str], Value]
    render: Callable[[Value], str]


def _word(true: str, false: str) -> Codec:
    return Codec(lambda text: text == true, lambda value: true if value is True else false)


TEXT = Codec(str, str)
NUMBER = Codec(int, str)
YES_NO = _word("yes", "no")
ON_OFF = _word("on", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An attribute. ``at`` is its place under the element of its node: ``@stp``, ``mac@address``, or ``title`` for the
    text of an element; empty when the document does not have it. ``change``: how a change is carried out, where it is
    not the node's way.
    """

    attribute: Attribute
    at: str = ""
    codec: Codec = TEXT
    change: Mechanism | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An element with attributes and nested elements: a resource's root, or a nested block.

    ``key`` names the attributes by which an element of a list is known again when it has changed.
    """

    doc: str
    tag: str = ""
    nesting: Nesting = Nesting.LIST
    fields: Mapping[str, Field] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    change: Mechanism = RESTART

    def schema(self) -> ObjectSchema:
        return ObjectSchema(doc=self.doc, attributes=self._attributes(), blocks=self._blocks())

    def _attributes(self) -> Mapping[str, Attribute]:
        return {name: item.attribute for name, item in self.fields.items()}

    def _blocks(self) -> Mapping[str, Block]:
        return {
            name: Block(doc=node.doc, nesting=node.nesting, attributes=node._attributes(), blocks=node._blocks())
            for name, node in self.nodes.items()
        }


def read(node: Node, element: ET.Element) -> dict[str, Value]:
    """The values in ``element``, in the shape of the node's schema; null where the document has nothing."""
    values: dict[str, Value] = {name: _read_field(item, element) for name, item in node.fields.items()}
    for name, child in node.nodes.items():
        items = [read(child, found) for found in element.findall(child.tag)]
        if child.nesting is Nesting.SINGLE:
            values[name] = items[0] if items else None
        elif child.nesting is Nesting.GROUP:
            values[name] = items[0] if items else read(child, ET.Element(child.tag))
        else:
            values[name] = items
    return values


def _read_field(item: Field, element: ET.Element) -> Value:
    if not item.at:
        return None
    path, _, attribute = item.at.partition("@")
    holder = _holder(element, path)
    text = None if holder is None else holder.get(attribute) if attribute else holder.text
    return None if text is None else item.codec.parse(text)


def _holder(element: ET.Element, path: str) -> ET.Element | None:
    return element.find(path) if path else element


def write(node: Node, element: ET.Element, values: Object) -> ET.Element:
    """Make ``element`` say ``values``, keeping what the node does not know; returns it."""
    for name, item in node.fields.items():
        if item.at:
            _write_field(item, element, values.get(name))
    for name, child in node.nodes.items():
        value = values.get(name)
        wanted = [value] if isinstance(value, Mapping) else list(value) if isinstance(value, (list, tuple)) else []
        _write_children(child, element, [item for item in wanted if isinstance(item, Mapping)])
    return element


def _write_field(item: Field, element: ET.Element, value: Value) -> None:
    path, _, attribute = item.at.partition("@")
    holder = _holder(element, path)
    if value is None:
        if holder is not None:
            _clear(element, holder, attribute)
        return
    if holder is None:
        holder = ET.SubElement(element, path)
    if attribute:
        holder.set(attribute, item.codec.render(value))
    else:
        holder.text = item.codec.render(value)


def _clear(element: ET.Element, holder: ET.Element, attribute: str) -> None:
    """Take the value away, and its element with it when that leaves it empty."""
    if attribute:
        holder.attrib.pop(attribute, None)
    else:
        holder.text = None
    if holder is not element and not holder.attrib and not len(holder) and not (holder.text or "").strip():
        element.remove(holder)


def _write_children(node: Node, parent: ET.Element, wanted: Sequence[Object]) -> None:
    old = parent.findall(node.tag)
    for element in old:
        parent.remove(element)
    for values in wanted:
        kept = _take(node, old, values) if old else None
        written = write(node, ET.Element(node.tag) if kept is None else kept, values)
        if written.attrib or len(written) or node.nesting is not Nesting.GROUP:
            parent.append(written)


def _take(node: Node, old: list[ET.Element], values: Object) -> ET.Element | None:
    """The element of ``old`` that ``values`` is a version of, taken out of the list."""
    if node.nesting in {Nesting.SINGLE, Nesting.GROUP}:
        return old.pop(0)
    for index, element in enumerate(old):
        said = read(node, element)
        if all(canonical(said[name]) == canonical(values.get(name)) for name in node.key or node.fields):
            return old.pop(index)
    return None


def render(node: Node, values: Object) -> str:
    """A new element that says ``values``, as text."""
    return ET.tostring(write(node, ET.Element(node.tag), values), encoding="unicode")
