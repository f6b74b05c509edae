"""XML documents as tables: each attribute of a schema, where libvirt's XML has it, and how a change is carried out.

From one table come the schema that users write against, the values read from a document, and the edits of a document
that leave alone whatever the table does not know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any
from xml.etree import ElementTree as ET

from kvmplan_libvirt.mechanism import RESTART, Mechanism
from kvmplan_libvirt.spelling import frozen
from kvmplan_sdk import Attribute, Block, Nesting, Object, ObjectSchema, Value
from kvmplan_sdk.schema import BOOL, NUMBER, STRING, Validator
from kvmplan_sdk.types import ListType, Primitive, Type

NAMESPACES = {"dnsmasq": "http://libvirt.org/schemas/network/dnsmasq/1.0"}
"""Those of libvirt's own extensions that tables name, by the prefix they use."""
for _prefix, _uri in NAMESPACES.items():
    ET.register_namespace(_prefix, _uri)
_GENERATED = re.compile(r"ns\d+|xml")


def parsed(text: str) -> ET.Element:
    """A document of libvirt's. What others have put into it keeps their prefixes when it is written back."""
    for _, (prefix, uri) in ET.iterparse(StringIO(text), ("start-ns",)) if "xmlns:" in text else ():  # noqa: S314
        if prefix and not _GENERATED.fullmatch(prefix):
            ET.register_namespace(prefix, uri)
    return ET.fromstring(text)  # noqa: S314


@dataclass(frozen=True, slots=True)
class Codec:
    """Between a value and the text that XML has for it."""

    parse: Callable[[str], Value]
    render: Callable[[Value], str]


def _word(true: str, false: str) -> Codec:
    return Codec(lambda text: text == true, lambda value: true if value is True else false)


TEXT = Codec(str, str)
WHOLE = Codec(int, str)
YES_NO = _word("yes", "no")
ON_OFF = _word("on", "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """An attribute. ``at`` is its place under the element of its node: ``@stp``, ``mac@address``, or ``title`` for the
    text of an element; ``hostname[]`` for a list, one element for each; empty when the document does not have it.

    ``absent`` is what it means when the document says nothing, and is not written. ``change``: how a change is carried
    out, where it is not the node's way. ``since``: the version of libvirt that has it. ``meaning``: a value in one
    spelling, where libvirt takes several.
    """

    attribute: Attribute
    at: str = ""
    codec: Codec = TEXT
    absent: Value = None
    change: Mechanism | None = None
    since: int = 0
    meaning: Callable[[Value], Value] | None = None


_CODECS = {STRING: TEXT, NUMBER: WHOLE, BOOL: YES_NO}


def value(
    at: str,
    type_: Type,
    doc: str,
    *validators: Validator,
    codec: Codec | None = None,
    absent: Value = None,
    change: Mechanism | None = None,
    since: int = 0,
    meaning: Callable[[Value], Value] | None = None,
    **options: Any,
) -> Field:
    """A row of a table. ``options`` are those of `Attribute`; the default is ``absent`` unless said."""
    single = type_.element if isinstance(type_, ListType) else type_
    known = codec or (_CODECS[single] if isinstance(single, Primitive) else TEXT)
    attribute = Attribute(type=type_, doc=doc, validators=validators, **{"default": absent, **options})
    return Field(attribute=attribute, at=at, codec=known, absent=absent, change=change, since=since, meaning=meaning)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """An element with attributes and nested elements: a resource's root, or a nested block.

    ``key`` names the attributes by which an element of a list is known again when it has changed; ``coexists`` is that
    of a resource's schema; ``tag`` is empty when the document does not have it.
    """

    doc: str
    tag: str = ""
    nesting: Nesting = Nesting.LIST
    fields: Mapping[str, Field] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    change: Mechanism = RESTART
    coexists: bool = False

    def schema(self) -> ObjectSchema:
        return ObjectSchema(doc=self.doc, attributes=self._attributes(), blocks=self._blocks(), coexists=self.coexists)

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
        items = [read(child, found) for found in element.findall(child.tag)] if child.tag else []
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
    path, _, attribute = item.at.removesuffix("[]").partition("@")
    if item.at.endswith("[]"):
        return [
            item.codec.parse(_said(holder, attribute) or "") for holder in element.findall(path, NAMESPACES)
        ] or None
    holder = _holder(element, path)
    text = None if holder is None else _said(holder, attribute)
    return item.absent if text is None else item.codec.parse(text)


def _said(holder: ET.Element, attribute: str) -> str | None:
    return holder.get(attribute) if attribute else holder.text


def _holder(element: ET.Element, path: str) -> ET.Element | None:
    return element.find(path, NAMESPACES) if path else element


def write(node: Node, element: ET.Element, values: Object) -> ET.Element:
    """Make ``element`` say ``values``, keeping what the node does not know; returns it."""
    for name, item in node.fields.items():
        if item.at:
            _write_field(item, element, values.get(name))
    for name, child in node.nodes.items():
        value = values.get(name) if child.tag else None
        wanted = [value] if isinstance(value, Mapping) else list(value) if isinstance(value, (list, tuple)) else []
        _write_children(child, element, [item for item in wanted if isinstance(item, Mapping)])
    return element


def _write_field(item: Field, element: ET.Element, value: Value) -> None:
    path, _, attribute = item.at.removesuffix("[]").partition("@")
    if item.at.endswith("[]"):
        _write_list(item, element, path, attribute, value if isinstance(value, (list, tuple)) else ())
    elif value is not None and value != item.absent:
        _say(_made(element, path), attribute, item.codec.render(value))
    elif (holder := _holder(element, path)) is not None:
        _unsay(holder, attribute)
        _prune(element, path)


def _write_list(item: Field, element: ET.Element, path: str, attribute: str, values: Sequence[Value]) -> None:
    parent_path, _, tag = path.rpartition("/")
    parent = _made(element, parent_path) if values else _holder(element, parent_path)
    if parent is None:
        return
    for old in parent.findall(tag, NAMESPACES):
        parent.remove(old)
    for value in values:
        _say(ET.SubElement(parent, _qualified(tag)), attribute, item.codec.render(value))
    _prune(element, parent_path)


def _say(holder: ET.Element, attribute: str, text: str) -> None:
    if attribute:
        holder.set(attribute, text)
    else:
        holder.text = text


def _unsay(holder: ET.Element, attribute: str) -> None:
    if attribute:
        holder.attrib.pop(attribute, None)
    else:
        holder.text = None


def _made(element: ET.Element, path: str) -> ET.Element:
    """The element at ``path``, made where it is not there."""
    for tag in path.split("/") if path else ():
        child = element.find(tag, NAMESPACES)
        element = ET.SubElement(element, _qualified(tag)) if child is None else child
    return element


def _qualified(tag: str) -> str:
    prefix, colon, name = tag.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{name}" if colon else tag


def _prune(element: ET.Element, path: str) -> None:
    """Remove the element at ``path`` if it says nothing any more, and then those above it."""
    while path:
        above, _, _ = path.rpartition("/")
        parent, holder = _holder(element, above), _holder(element, path)
        if parent is None or holder is None or holder.attrib or len(holder) or (holder.text or "").strip():
            return
        parent.remove(holder)
        path = above


def _write_children(node: Node, element: ET.Element, wanted: Sequence[Object]) -> None:
    parent_path, _, tag = node.tag.rpartition("/")
    parent = _made(element, parent_path) if wanted else _holder(element, parent_path)
    if parent is None:
        return
    old = parent.findall(tag)
    for child in old:
        parent.remove(child)
    places = {id(child): place for place, child in enumerate(old)}
    kept = _kept(node, old)
    written = []
    for values in wanted:
        versions = kept.get(_identity(node, values), [])
        written.append(write(node, versions.pop(0) if versions else ET.Element(tag), values))
    if node.nesting is Nesting.SET:  # what is there stays where it is
        written.sort(key=lambda child: places.get(id(child), len(places)))
    single = node.nesting in {Nesting.GROUP, Nesting.SINGLE}
    parent.extend(child for child in written if child.attrib or len(child) or not single)
    _prune(element, parent_path)


def _kept(node: Node, old: Sequence[ET.Element]) -> dict[Hashable, list[ET.Element]]:
    """The elements there are, by what a new version of one is known by."""
    kept: dict[Hashable, list[ET.Element]] = {}
    for element in old:
        kept.setdefault(_identity(node, read(node, element)), []).append(element)
    return kept


def _identity(node: Node, values: Object) -> Hashable:
    if node.nesting in {Nesting.SINGLE, Nesting.GROUP}:
        return None
    return tuple(frozen(values.get(name)) for name in node.key or node.fields)


def render(node: Node, values: Object) -> str:
    """A new element that says ``values``, as text."""
    return ET.tostring(write(node, ET.Element(node.tag.rpartition("/")[2]), values), encoding="unicode")
