"""``nftables_ruleset``: the host's ruleset, or one table of it."""

from __future__ import annotations

from kvmplan_nftables.data.source import FAMILY, DataSource, asked, table, table_of, told
from kvmplan_nftables.listed import listed
from kvmplan_sdk import Host, Object, ObjectSchema
from kvmplan_sdk.host import check
from kvmplan_sdk.schema import STRING

SCHEMA = ObjectSchema(
    doc="The host's whole ruleset, or one table of it, without what its counters have counted.",
    attributes={
        "family": FAMILY,
        "table": table("Only this table."),
        "text": told(STRING, "As `nft list` prints it."),
        "json": told(STRING, "As `nft -j list` prints it (libnftables-json(5)): for `jsondecode`."),
    },
)


def _read(host: Host, configuration: Object) -> Object:
    what = ("ruleset",) if configuration.get("table") is None else ("table", *table_of(configuration))
    text = asked(host, "-s", "list", *what).decode(errors="replace")
    encoded = check(listed(host, "-s", "list", *what), "Asking nft").decode(errors="replace")
    return {
        "family": configuration.get("family") or "inet",
        "table": configuration.get("table"),
        "text": text,
        "json": encoded.strip(),
    }


RULESET = DataSource(SCHEMA, _read)
