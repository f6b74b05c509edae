"""``nftables_counter``, ``nftables_limit``, ``nftables_quota``: objects that rules share by name."""

from __future__ import annotations

import re

from kvmplan_nftables.blocks.names import GOES, REMADE, marked, named, parse_own_name, parse_table
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.parts import valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Named, Piece
from kvmplan_sdk import Attribute, Object, ObjectSchema
from kvmplan_sdk.schema import BOOL, NUMBER, STRING
from kvmplan_sdk.validators import between

_RATE = re.compile(r"([1-9]\d{0,8})(?: (bytes|kbytes|mbytes))?/(second|minute|hour|day|week)")
_BYTES = re.compile(r"([1-9]\d{0,14}) (bytes|kbytes|mbytes)")
_UNITS = ("bytes", "kbytes", "mbytes")


def parse_rate(value: object) -> tuple[int, str, str]:
    """How many of what (nothing: packets) in which time, as nft lists it: in the largest unit without a remainder."""
    found = _RATE.fullmatch(str(value))
    if found is None:
        raise ValueError(f'{value!r} is no rate; write "10/second" or "10 mbytes/second"; or minute, hour, day, week')
    return *_in_large_units(int(found[1]), found[2] or ""), found[3]


def parse_bytes(value: object) -> tuple[int, str]:
    """How many, as nft lists it: in the largest unit without a remainder."""
    found = _BYTES.fullmatch(str(value))
    if found is None:
        raise ValueError(f'{value!r} is no number of bytes; write "500 mbytes"; or bytes, kbytes')
    return _in_large_units(int(found[1]), found[2])


def _in_large_units(number: int, unit: str) -> tuple[int, str]:
    while unit in _UNITS[:-1] and number % 1024 == 0:
        number, unit = number // 1024, _UNITS[_UNITS.index(unit) + 1]
    return number, unit


COUNTER_SCHEMA = ObjectSchema(
    doc="A named counter of packets and bytes: `counter name NAME` in rules. Renamed, it counts from nothing.",
    attributes=named("counter"),
)
LIMIT_SCHEMA = ObjectSchema(
    doc="A named limit, which all rules with `limit name NAME` share.",
    attributes={
        **named("limit"),
        "rate": Attribute(
            type=STRING,
            doc='Of packets, "10/second", or of bytes, "10 mbytes/second".',
            required=True,
            validators=(valid(parse_rate),),
        ),
        "over": Attribute(type=BOOL, doc="Whether it matches what is over the rate, not what is under.", default=False),
        "burst": Attribute(
            type=NUMBER,
            doc="What may come at once: packets, 5 if left out; or bytes.",
            validators=(between(1, 2**32 - 1),),
        ),
    },
)


QUOTA_SCHEMA = ObjectSchema(
    doc="A named quota, which all rules with `quota name NAME` use up together. Changed, it counts from nothing.",
    attributes={
        **named("quota"),
        "bytes": Attribute(type=STRING, doc='How much: "500 mbytes".', required=True, validators=(valid(parse_bytes),)),
        "over": Attribute(type=BOOL, doc="Whether it matches what is over it, not what is under.", default=False),
    },
)


def _counter(values: Object, owner: Owner) -> tuple[Piece, ...]:
    del owner
    return marked(Named("counter", parse_own_name(values["name"]), table=parse_table(values), marked=True), "")


def _limit(values: Object, owner: Owner) -> tuple[Piece, ...]:
    del owner
    rate, unit, per = parse_rate(values["rate"])
    burst = None if values["burst"] is None else int(str(values["burst"]))
    over, room = (
        "over " if values["over"] else "",
        "" if burst is None else f" burst {burst} {(unit and 'bytes') or 'packets'}",
    )
    body = f"rate {over}{rate}{f' {unit}' if unit else ''}/{per}{room}"
    shape = {"rate": rate, "per": per, "rate_unit": unit or None, "inv": True if over else None}
    name, table = parse_own_name(values["name"]), parse_table(values)
    return marked(Named("limit", name, body, shape, table, marked=True), body)


def _quota(values: Object, owner: Owner) -> tuple[Piece, ...]:
    del owner
    number, unit = parse_bytes(values["bytes"])
    body = f"{'over ' if values['over'] else ''}{number} {unit}"
    shape = {"bytes": number << 10 * _UNITS.index(unit), **({"inv": True} if values["over"] else {})}
    name, table = parse_own_name(values["name"]), parse_table(values)
    return marked(Named("quota", name, body, shape, table, marked=True), body)


COUNTER = Kind(
    schema=COUNTER_SCHEMA, pieces=_counter, impacts=dict.fromkeys(COUNTER_SCHEMA.attributes, REMADE), removed=GOES
)
LIMIT = Kind(schema=LIMIT_SCHEMA, pieces=_limit, impacts=dict.fromkeys(LIMIT_SCHEMA.attributes, REMADE), removed=GOES)
QUOTA = Kind(schema=QUOTA_SCHEMA, pieces=_quota, impacts=dict.fromkeys(QUOTA_SCHEMA.attributes, REMADE), removed=GOES)
