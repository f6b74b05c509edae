"""``nftables_chain``: a chain, and with a hook a base chain."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
from kvmplan_nftables.parts import parse_interface, parse_one_of, valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Named, Piece
from kvmplan_nftables.words import quoted
from kvmplan_sdk import Attribute, Diagnostic, Object, ObjectSchema, Value, error
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.types import SetType
from kvmplan_sdk.validators import one_of

TYPES = ("filter", "nat", "route")
HOOKS = ("prerouting", "input", "forward", "output", "postrouting", "ingress", "egress")
_PRIORITIES = {"raw": -300, "mangle": -150, "dstnat": -100, "filter": 0, "security": 50, "srcnat": 100}
_OF_BRIDGE = {"dstnat": -300, "filter": -200, "out": 100, "srcnat": 300}
"""nft(8), "Standard priority names"."""
_PRIORITY = re.compile(r"(?:([a-z]+)(?: *([+-]) *(\d{1,9}))?|(-?\d{1,9}))")
_BASE = ("type", "hook", "priority")


def parse_priority(value: object, family: str) -> int:
    """As a number: what a name means differs between families."""
    found = _PRIORITY.fullmatch(str(value))
    names = _OF_BRIDGE if family == "bridge" else _PRIORITIES
    if found is None or (found[1] and found[1] not in names):
        raise ValueError(f'{value!r} is no priority; write a number, or one of {", ".join(names)}, as in "filter + 10"')
    return int(found[4]) if found[4] else names[found[1]] + int(f"{found[2] or '+'}{found[3] or 0}")


def _priority(value: Value) -> str | None:
    for family in ("inet", "bridge"):
        try:
            parse_priority(value, family)
        except ValueError as problem:
            told = f"{problem}."
        else:
            return None
    return told


SCHEMA = ObjectSchema(
    doc="A chain of a table. With `type`, `hook` and `priority` it is a base chain, which packets come into.",
    attributes={
        **named("chain"),
        "type": Attribute(type=STRING, doc="`filter`, `nat` or `route`.", validators=(one_of(*TYPES),)),
        "hook": Attribute(type=STRING, doc="Where packets come into it.", validators=(one_of(*HOOKS),)),
        "priority": Attribute(
            type=STRING,
            doc='Lower ones come first: a number or nft\'s names, as in "filter + 10".',
            validators=(_priority,),
        ),
        "device": Attribute(
            type=STRING, doc="The interface, of hooks `ingress` and `egress`.", validators=(valid(parse_interface),)
        ),
        "devices": Attribute(
            type=SetType(STRING), doc="Several of them, in place of `device`.", validators=(valid(parse_interface),)
        ),
        "policy": Attribute(
            type=STRING,
            doc="What becomes of packets that no rule judges. Left out: `accept`.",
            validators=(one_of("accept", "drop"),),
        ),
        **comment("For people. A change makes the chain anew."),
    },
)


def _check(values: Object) -> Iterator[Diagnostic]:
    missing = [name for name in _BASE if values[name] is None]
    if 0 < len(missing) < len(_BASE):
        detail = f"A base chain has type, hook and priority, any other chain none of them. Write {', '.join(missing)}."
        yield error("Half a base chain", detail, path=(missing[0],))
    if values["policy"] is not None and len(missing) == len(_BASE):
        yield error("A policy without a hook", "Only base chains have one. Leave it out.", path=("policy",))
    told = [name for name in ("device", "devices") if values[name]]
    if len(told) != (values["hook"] in ("ingress", "egress")):
        detail = "Chains at ingress and egress have a device or devices, all others have neither."
        yield error("A device and a hook that do not go together", detail, path=(told[-1] if told else "device",))


def _pieces(values: Object, owner: Owner) -> tuple[Piece, ...]:
    del owner
    table, name = parse_table(values), parse_own_name(values["name"])
    if values["hook"] is None:
        told = commented(values)
        return marked(Named("chain", name, told, {"hook": None}, table, marked=True), told)
    type_, hook = parse_one_of(values["type"], TYPES), parse_one_of(values["hook"], HOOKS)
    priority, policy = (
        parse_priority(values["priority"], table[0]),
        parse_one_of(values["policy"] or "accept", ("accept", "drop")),
    )
    base = f"type {type_} hook {hook}{_devices(values)} priority {priority}"
    shape, told = {"type": type_, "hook": hook, "prio": priority, "policy": policy}, commented(values)
    piece = Named("chain", name, f"{base} ; policy {policy} ;{told}", shape, table, frozenset({"policy"}), marked=True)
    return marked(piece, f"{base}{told}")


def _devices(values: Object) -> str:
    if values["device"] is not None:
        return f' device "{parse_interface(values["device"])}"'
    several = values["devices"] if isinstance(values["devices"], (list, tuple)) else ()
    return f" devices = {{ {', '.join(map(quoted, sorted(map(parse_interface, several))))} }}" if several else ""


CHAIN = Kind(
    schema=SCHEMA,
    pieces=_pieces,
    impacts={name: APPLIES if name == "policy" else REMADE for name in SCHEMA.attributes},
    removed=GOES,
    check=_check,
)
