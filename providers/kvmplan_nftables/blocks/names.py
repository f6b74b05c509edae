"""Tables and names in them, as nft takes them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from kvmplan_nftables.parts import valid
from kvmplan_nftables.table.pieces import MARKS, Named, Piece, TableName, marker
from kvmplan_nftables.words import refuse_name
from kvmplan_sdk import Attribute, Impact, ImpactLevel, Object, Value
from kvmplan_sdk.schema import STRING
from kvmplan_sdk.validators import one_of

TABLE_FAMILIES = ("inet", "ip", "ip6", "arp", "bridge", "netdev")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")

APPLIES = Impact(ImpactLevel.LIVE, why="packets are judged by the changed rules from now on", steps=("nft -f",))
REMADE = Impact(ImpactLevel.LIVE, why="it is made anew in the same batch, with what is in it", steps=("nft -f",))
GOES = Impact(ImpactLevel.LIVE, why="packets are judged without it from now on", steps=("nft -f",))


def parse_name(value: object, kind: str = "") -> str:
    """A name that nft takes without quotes, for something of ``kind``."""
    if not _NAME.fullmatch(str(value)):
        raise ValueError(
            f"{value!r} is no name that nft takes: a letter or _, then letters, digits and _ . -, at most 100"
        )
    refuse_name(str(value), kind)
    return str(value)


def parse_table(values: Object) -> TableName:
    family, name = str(values["family"]), parse_name(values["table"])
    if family not in TABLE_FAMILIES:
        raise ValueError(f"{family!r} is not one of {', '.join(TABLE_FAMILIES)}")
    if name == MARKS:
        raise ValueError("table kvmplan is kvmplan's own; make a nftables_table of another name")
    return family, name


def name_of(kind: str) -> Callable[[Value], str | None]:
    """The validator of a schema."""
    return valid(partial(parse_name, kind=kind))


def own_name(kind: str) -> Callable[[Value], str | None]:
    """The validator of a schema: a name that kvmplan does not use itself."""
    return valid(partial(parse_own_name, kind=kind))


def located(what: str) -> Mapping[str, Attribute]:
    """Where a block is."""
    return {
        "family": Attribute(
            type=STRING, doc="The table's family.", default="inet", validators=(one_of(*TABLE_FAMILIES),)
        ),
        "table": Attribute(
            type=STRING,
            doc=f"The table that the {what} is in.",
            required=True,
            validators=(own_name("table"),),
            refers_to="nftables_table.name",
        ),
    }


def named(what: str) -> Mapping[str, Attribute]:
    """Where a block with a name is, and what it is called."""
    doc = f"The {what}'s name in its table."
    return {**located(what), "name": Attribute(type=STRING, doc=doc, required=True, validators=(own_name(what),))}


COMMENT_LIMIT = 128  # bytes; NFTNL_UDATA_COMMENT_MAXLEN with what ends it


def parse_comment(value: object) -> str:
    text = str(value)
    if '"' in text or not text.isprintable() or not text.strip() or len(text.encode()) >= COMMENT_LIMIT:
        raise ValueError("a comment is one line, not empty, of less than 128 bytes and without double quotes")
    return text


def comment(doc: str) -> Mapping[str, Attribute]:
    return {"comment": Attribute(type=STRING, doc=doc, validators=(valid(parse_comment),))}


def commented(values: Object) -> str:
    """What a declaration says of it."""
    return "" if values.get("comment") is None else f' comment "{parse_comment(values["comment"])}" ;'


def marked(piece: Named, fixed: str) -> tuple[Piece, ...]:
    """A named object with what says that it is ours. ``fixed``: all of it that cannot be changed while it is there."""
    return piece, marker(piece.table, piece.kind, piece.name, fixed)


def parse_own_name(value: object, kind: str = "") -> str:
    if value == MARKS:
        raise ValueError("kvmplan uses this name itself; write another one")
    return parse_name(value, kind)
