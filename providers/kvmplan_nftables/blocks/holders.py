"""``nftables_set``, ``nftables_map``, with their elements: a change touches those that change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from kvmplan_nftables.blocks.elements import (
    INTERVAL,
    parse_data,
    parse_element,
    parse_type,
    parse_typeof,
    parse_values_type,
    untold,
)
from kvmplan_nftables.blocks.merging import merged
from kvmplan_nftables.blocks.names import (
    APPLIES,
    GOES,
    REMADE,
    comment,
    commented,
    marked,
    named,
    parse_own_name,
    parse_table,
)
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.parts import parse_one_of, valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.listing import FoundElement
from kvmplan_nftables.table.pieces import Element, Named, Piece, TableName
from kvmplan_sdk import Attribute, Diagnostic, Impact, Object, ObjectSchema, error
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.types import MapType, SetType
from kvmplan_sdk.validators import between, one_of

FLAGS = ("constant", "dynamic", "interval", "timeout")
POLICIES = ("performance", "memory")
_SECONDS = (between(1, 2**31 - 1),)
_COMMON: Mapping[str, Attribute] = {
    "flags": Attribute(
        type=SetType(STRING),
        doc="`interval` for subnets and ranges, `dynamic` and `timeout` for elements that packets add, `constant`.",
        validators=(valid(lambda value: parse_one_of(value, FLAGS)),),
    ),
    "auto_merge": Attribute(
        type=BOOL, doc="Whether elements that overlap or are neighbours become one: nft's auto-merge.", default=False
    ),
    "counter": Attribute(type=BOOL, doc="Whether each element counts its packets.", default=False),
    "size": Attribute(type=NUMBER, doc="How many elements there may be.", validators=_SECONDS),
    "timeout": Attribute(type=NUMBER, doc="After how many seconds what packets add goes.", validators=_SECONDS),
    "gc_interval": Attribute(
        type=NUMBER, doc="How often what ran out is cleared, in seconds: nft's gc-interval.", validators=_SECONDS
    ),
    "policy": Attribute(
        type=STRING, doc="`performance` (the kernel's default) or `memory`.", validators=(one_of(*POLICIES),)
    ),
    **comment("For people. A change makes it anew."),
}
SET_SCHEMA = ObjectSchema(
    doc="A named set, `@NAME` in rules. Elements that others add are left alone.",
    attributes={
        **named("set"),
        "type": Attribute(
            type=STRING,
            doc='Of the elements: "ipv4_addr", "ipv4_addr . inet_service".',
            validators=(valid(parse_type),),
        ),
        "typeof": Attribute(
            type=STRING,
            doc='In place of `type`, what rules look up in it: "ip saddr . tcp dport".',
            validators=(valid(parse_typeof),),
        ),
        "elements": Attribute(
            type=SetType(STRING), doc='The elements; the parts of one are parted as in "10.0.0.1 . 80".'
        ),
        **_COMMON,
    },
)
MAP_SCHEMA = ObjectSchema(
    doc="A named map, `map @NAME` in rules, or with values of type `verdict`, `vmap @NAME`.",
    attributes={
        **named("map"),
        "key": Attribute(type=STRING, doc="The type of the keys.", validators=(valid(parse_type),)),
        "value": Attribute(
            type=STRING,
            doc="The type of the values; `verdict`; of names `counter`, `quota`, `limit`; `interval ipv4_addr`.",
            validators=(valid(parse_values_type),),
        ),
        "typeof": Attribute(
            type=STRING,
            doc='In place of `key` and `value`, what they are: "ip saddr : meta mark".',
            validators=(valid(parse_typeof),),
        ),
        "elements": Attribute(type=MapType(STRING), doc='Values by key: `{ "10.0.0.1" = "jump guest" }`.'),
        **_COMMON,
    },
)


def _check(values: Object) -> Iterator[Diagnostic]:
    typed = ("key", "value") if "key" in values else ("type",)
    told = [name for name in typed if values[name] is not None]
    if len(told) != (0 if values.get("typeof") else len(typed)):
        wanted = next((name for name in typed if name not in told), typed[0])
        detail = f"Write {' and '.join(typed)}, or typeof in place of it."
        yield error("What it holds", detail, path=("typeof" if values.get("typeof") else wanted,))
    if "key" in values and values.get("typeof") and " : " not in str(values["typeof"]):
        yield error("Half a typeof", 'Write both, as in "ip saddr : meta mark".', path=("typeof",))
    if values.get("auto_merge") and "interval" not in _flags(values):
        yield error("Nothing to merge", 'Write flags = ["interval"], or leave out auto_merge.', path=("auto_merge",))
    timed = values["timeout"] is not None or values["gc_interval"] is not None
    flags = _flags(values)
    if timed and "timeout" not in flags and values["timeout"] is None:
        yield error("Nothing that runs out", 'Write flags = ["timeout"] or a timeout.', path=("gc_interval",))
    if values["elements"] and values["timeout"] is not None:
        detail = (
            "Elements that run out would be gone at the next plan. Leave out timeout, or leave elements to packets."
        )
        yield error("Elements that run out", detail, path=("elements",))


def _flags(values: Object) -> tuple[str, ...]:
    written = values["flags"] if isinstance(values["flags"], (list, tuple)) else ()
    flags = {parse_one_of(flag, FLAGS) for flag in written} | ({"timeout"} if values["timeout"] is not None else set())
    return tuple(sorted(flags))


def _body(values: Object) -> tuple[str, Mapping[str, object]]:
    """What nft is told besides the type, and what it lists of it. It lists ``dynamic`` as nothing."""
    flags = _flags(values)
    seconds = {name: int(str(values[name])) for name in ("size", "timeout", "gc_interval") if values[name] is not None}
    policy = None if values["policy"] is None else parse_one_of(values["policy"], POLICIES)
    told = [
        *([f"flags {', '.join(flags)}"] if flags else []),
        *([f"size {seconds['size']}"] if "size" in seconds else []),
        *([f"timeout {seconds['timeout']}s"] if "timeout" in seconds else []),
        *([f"gc-interval {seconds['gc_interval']}s"] if "gc_interval" in seconds else []),
        *(["auto-merge"] if values.get("auto_merge") else []),
        *([f"policy {policy}"] if policy else []),
        *(["counter"] if values["counter"] else []),
    ]
    shape = {"size": seconds.get("size"), "timeout": seconds.get("timeout"), "gc-interval": seconds.get("gc_interval")}
    body = "".join(f" {part} ;" for part in told) + commented(values)
    return body, {name: value for name, value in shape.items() if value is not None}


def _types(values: Object) -> tuple[str, str]:
    """Of keys and values (none, of a set), as elements are spelled by them."""
    if values.get("typeof") is not None:
        key, _, data = parse_typeof(values["typeof"]).partition(" : ")
        return untold(key), "verdict" if data == "verdict" else untold(data)
    if "key" in values:
        return parse_type(values["key"]), parse_values_type(values["value"])
    return parse_type(values["type"]), ""


def _holder(kind: str, values: Object) -> Named:
    body, shape = _body(values)
    name, table = parse_own_name(values["name"]), parse_table(values)
    if values.get("typeof") is not None:
        return Named(kind, name, f"typeof {parse_typeof(values['typeof'])} ;{body}", shape, table, marked=True)
    key, data = _types(values)
    types = {"type": key, **({"map": data.removeprefix(INTERVAL)} if data else {})}
    type_ = f"{key} : {data}" if data else key
    return Named(kind, name, f"type {type_} ;{body}", {**types, **shape}, table, marked=True)


def _set(values: Object, owner: Owner) -> tuple[Piece, ...]:
    del owner
    type_, _ = _types(values)
    made = _holder("set", values)
    written = values["elements"] if isinstance(values["elements"], (list, tuple)) else ()
    elements = [(element, parse_element(element, type_), "") for element in map(str, written)]
    if values.get("auto_merge"):
        elements = [(element, element, "") for element in merged((key for _, key, _ in elements), type_)]
    return *marked(made, made.body), *_elements(made.name, made.table, elements)


def _map(values: Object, owner: Owner) -> tuple[Piece, ...]:
    del owner
    key, value = _types(values)
    made = _holder("map", values)
    written = values["elements"] if isinstance(values["elements"], Mapping) else {}
    elements = ((one, parse_element(one, key), parse_data(data, value)) for one, data in written.items())
    return *marked(made, made.body), *_elements(made.name, made.table, elements)


def _elements(holder: str, table: TableName, parsed: Iterable[tuple[str, str, str]]) -> Iterator[Element]:
    written: dict[str, str] = {}
    for text, key, data in parsed:
        if key in written:
            raise ValueError(f"{written[key]!r} and {text!r} are the same element; write it once")
        written[key] = text
        yield Element(holder, key, data, table)


def _seen_set(values: Object, found: Sequence[FoundElement]) -> Object:
    """Elements as they were written, where they are there."""
    (type_, _), there = _types(values), {element.key for element in found}
    written = values["elements"] if isinstance(values["elements"], (list, tuple)) else ()
    spellings = {parse_element(element, type_): str(element) for element in written}
    return {**values, "elements": sorted(spellings.get(key, key) for key in there)}


def _seen_map(values: Object, found: Sequence[FoundElement]) -> Object:
    key, value = _types(values)
    written = values["elements"] if isinstance(values["elements"], Mapping) else {}
    spellings = {parse_element(one, key): (one, parse_data(data, value), str(data)) for one, data in written.items()}
    there = {}
    for element in sorted(found, key=lambda one: one.key):
        name, wanted, text = spellings.get(element.key, (element.key, "", ""))
        there[name] = text if element.data == wanted else element.data
    return {**values, "elements": there}


def _impacts(schema: ObjectSchema) -> Mapping[str, Impact]:
    return {name: APPLIES if name == "elements" else REMADE for name in schema.attributes}


SET = Kind(schema=SET_SCHEMA, pieces=_set, removed=GOES, check=_check, seen=_seen_set, impacts=_impacts(SET_SCHEMA))
MAP = Kind(schema=MAP_SCHEMA, pieces=_map, removed=GOES, check=_check, seen=_seen_map, impacts=_impacts(MAP_SCHEMA))
