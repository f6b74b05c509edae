"""Whether the text of a rule was changed by hand, though its comment was not.

nft lists a rule otherwise than it was told. So what it lists after apply is remembered as a digest, without what
counts: where the same nft lists another rule now, somebody changed it (as who edits the output of ``nft list ruleset``
and loads it). A scratch namespace to compare with would need the sets and chains that the rule refers to, and a kernel
that allows it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kvmplan_nftables.table.identity import digest
from kvmplan_nftables.table.listing import FoundRule

LISTED = "listed"
"""Of what is kept with a resource."""
_COUNTS = {"packets", "bytes", "used"}


def listed(rules: Iterable[FoundRule], version: str) -> str:
    """What nft of this ``version`` lists of ``rules``."""
    expressions = [rule.expressions for rule in rules]
    text = json.dumps(expressions)
    if '"counter"' in text or '"quota"' in text:
        text = json.dumps(_lasting(expressions))
    return f"{version} {digest(text, 16)}"


def by_hand(remembered: object, now: str) -> bool:
    """Whether the same nft listed otherwise what is listed as ``now``."""
    return isinstance(remembered, str) and remembered != now and remembered.split(" ")[0] == now.split(" ")[0]


def _lasting(value: Any) -> Any:
    match value:
        case {"counter": Mapping()}:
            return "counter"
        case {"quota": Mapping() as quota}:
            return {name: inner for name, inner in quota.items() if name not in _COUNTS - {"bytes"}}
        case Mapping():
            return {name: _lasting(inner) for name, inner in value.items()}
        case list():
            return [_lasting(inner) for inner in value]
    return value
