"""``nftables_hooks``: the base chains of a host, in the order in which packets come to them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kvmplan_nftables.blocks.chain import HOOKS
from kvmplan_nftables.blocks.names import TABLE_FAMILIES
from kvmplan_nftables.data.source import DataSource, listed, told
from kvmplan_nftables.table.pieces import MARKS
from kvmplan_sdk import Attribute, Host, Object, ObjectSchema
from kvmplan_sdk.schema import NUMBER, STRING
from kvmplan_sdk.types import ListType, ObjectType
from kvmplan_sdk.validators import one_of

_CHAIN = ObjectType(
    {
        **dict.fromkeys(("family", "table", "name", "type", "hook", "policy", "owner"), STRING),
        "priority": NUMBER,
    }
)
SCHEMA = ObjectSchema(
    doc=(
        "The base chains of the host, by family and hook in the order of their priorities. A packet must be "
        "accepted by each of its hook; one that drops it ends its way."
    ),
    attributes={
        "family": Attribute(type=STRING, doc="Only of this family.", validators=(one_of(*TABLE_FAMILIES),)),
        "hook": Attribute(type=STRING, doc="Only at this hook.", validators=(one_of(*HOOKS),)),
        "chains": told(
            ListType(_CHAIN),
            "`family`, `table`, `name`, `type`, `hook`, `priority`, `policy` and `owner` of each. `owner` is a guess "
            "from names: `kvmplan`, `libvirt`, `docker`, `ufw`, `firewalld`, several of them with a comma between them "
            "where they share a table, or null.",
        ),
    },
)
_TABLES = {"kvmplan": "kvmplan", "libvirt_network": "libvirt", "firewalld": "firewalld", "docker-bridges": "docker"}
_CHAINS = {"LIBVIRT_": "libvirt", "DOCKER": "docker", "ufw-": "ufw", "ufw6-": "ufw"}
"""What iptables' chains begin with, by who makes them."""


def _read(host: Host, configuration: Object) -> Object:
    chains = list(listed(host, "chain", "chains"))
    within: dict[tuple[str, str], set[str]] = {}
    for chain in chains:
        within.setdefault((chain["family"], chain["table"]), set()).add(chain["name"])
    found = [
        {
            **{name: chain[name] for name in ("family", "table", "name", "type", "hook")},
            "priority": chain["prio"],
            "policy": chain.get("policy", "accept"),
            "owner": owner(chain["table"], within[chain["family"], chain["table"]]),
        }
        for chain in chains
        if "hook" in chain and _asked_for(chain, configuration)
    ]
    found.sort(key=lambda one: (one["family"], HOOKS.index(one["hook"]), one["priority"], one["table"], one["name"]))
    return {"family": configuration.get("family"), "hook": configuration.get("hook"), "chains": found}


def _asked_for(chain: Mapping[str, Any], configuration: Object) -> bool:
    return all(configuration.get(name) in (None, chain[name]) for name in ("family", "hook"))


def owner(table: str, chains: Collection[str]) -> str | None:
    """Who made a table, or what is in it, by the names."""
    known = {_TABLES[table]} if table in _TABLES else {"kvmplan"} if MARKS in chains else set[str]()
    known |= {whose for name in chains for start, whose in _CHAINS.items() if name.startswith(start)}
    return ", ".join(sorted(known)) or None


HOOKS_SOURCE = DataSource(SCHEMA, _read)
