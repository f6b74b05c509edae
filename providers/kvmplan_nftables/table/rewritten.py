"""Whether the text of a rule was changed by hand, though its comment was not.

nft lists a rule otherwise than it was told. So what it lists after apply is remembered as a digest, without what
counts: where it lists another rule now, somebody changed it (as who edits the output of ``nft list ruleset`` and loads
it). A scratch namespace to compare with would need the sets and chains that the rule refers to, and a kernel that
allows it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kvmplan_nftables.table.identity import digest
from kvmplan_nftables.table.listing import FoundRule

_COUNTS = {"packets", "bytes", "used"}


def listed(rule: FoundRule) -> str:
    return digest(json.dumps([_lasting(one) for one in rule.expressions], sort_keys=True), 16)


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
