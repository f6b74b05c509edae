"""``nftables_counters``: what the named counters of a table have counted."""

from __future__ import annotations

from kvmplan_nftables.data.source import FAMILY, DataSource, listed, table, table_of, told
from kvmplan_sdk import Host, Object, ObjectSchema
from kvmplan_sdk.schema import NUMBER
from kvmplan_sdk.types import MapType, ObjectType

SCHEMA = ObjectSchema(
    doc="What the named counters of a table have counted so far.",
    attributes={
        "family": FAMILY,
        "table": table("The table.", required=True),
        "counters": told(
            MapType(ObjectType({"packets": NUMBER, "bytes": NUMBER})), "`packets` and `bytes` of each, by its name."
        ),
    },
)


def _read(host: Host, configuration: Object) -> Object:
    family, name = table_of(configuration)
    counters = sorted(listed(host, "counter", "counters", "table", family, name), key=lambda one: str(one["name"]))
    found = {one["name"]: {"packets": one["packets"], "bytes": one["bytes"]} for one in counters}
    return {"family": family, "table": name, "counters": found}


COUNTERS = DataSource(SCHEMA, _read)
