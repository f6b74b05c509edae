"""``nftables_rule``: one rule in nft's own language, in any chain but ours."""

from __future__ import annotations

from collections.abc import Iterator

from kvmplan_nftables.blocks.names import (
    APPLIES,
    GOES,
    comment,
    located,
    name_of,
    parse_comment,
    parse_own_name,
    parse_table,
)
from kvmplan_nftables.blocks.text import parse_rule
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.parts import valid
from kvmplan_nftables.table.identity import Owner
from kvmplan_nftables.table.pieces import Rule
from kvmplan_sdk import Attribute, Diagnostic, Object, ObjectSchema, error
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.validators import between, one_of

SCHEMA = ObjectSchema(
    doc=(
        "A rule in nft's own syntax, in a chain of yours or of somebody else, of which only this rule is kvmplan's. "
        "A changed rule keeps its place."
    ),
    attributes={
        **located("rule"),
        "chain": Attribute(
            type=STRING,
            doc="The chain.",
            required=True,
            validators=(name_of("chain"),),
            refers_to="nftables_chain.name",
        ),
        "rule": Attribute(
            type=STRING,
            doc="The rule as nft(8) takes it, without a comment: `tcp dport 22 accept`.",
            required=True,
            validators=(valid(parse_rule),),
        ),
        **comment("For people. On the host it stands behind kvmplan's own, as far as there is room."),
        "order": Attribute(
            type=NUMBER,
            doc="Its place among the chain's rules that have an `order`, of any state: 1 to 9999, lower first.",
            validators=(between(1, 9999),),
        ),
        "position": Attribute(
            type=STRING,
            doc="Without `order`: whether it is added at the `end` of the chain, or at the `start`, before all others.",
            default="end",
            validators=(one_of("end", "start"),),
        ),
    },
)


def _check(values: Object) -> Iterator[Diagnostic]:
    if values["order"] is not None and values["position"] == "start":
        detail = "A rule with an order stands among those with one. Leave out order or position."
        yield error("An order and a position", detail, path=("position",))


def _pieces(values: Object, owner: Owner) -> tuple[Rule, ...]:
    del owner
    table, chain = parse_table(values), parse_own_name(values["chain"])
    order, first = int(str(values["order"] or 0)), values["position"] == "start"
    own = "" if values.get("comment") is None else parse_comment(values["comment"])
    text = parse_rule(values["rule"])
    return (Rule(chain, text, table, placed=True, order=order, first=first, comment=own),)


RULE = Kind(
    schema=SCHEMA,
    pieces=_pieces,
    impacts=dict.fromkeys(SCHEMA.attributes, APPLIES),
    created=APPLIES,
    removed=GOES,
    check=_check,
)
