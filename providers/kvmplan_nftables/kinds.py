"""The kinds of resources and the data sources, by type."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan_nftables.blocks.chain import CHAIN
from kvmplan_nftables.blocks.holders import MAP, SET
from kvmplan_nftables.blocks.rule import RULE
from kvmplan_nftables.blocks.stateful import COUNTER, LIMIT, QUOTA
from kvmplan_nftables.blocks.table import TABLE
from kvmplan_nftables.data.counters import COUNTERS
from kvmplan_nftables.data.hooks import HOOKS_SOURCE
from kvmplan_nftables.data.ruleset import RULESET
from kvmplan_nftables.data.source import DataSource
from kvmplan_nftables.fastpath.flowtable import FLOWTABLE
from kvmplan_nftables.filter.firewall import FIREWALL
from kvmplan_nftables.filter.isolation import ISOLATION
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.nat.dnat import DNAT
from kvmplan_nftables.nat.masquerade import MASQUERADE
from kvmplan_nftables.nat.port_forward import PORT_FORWARD
from kvmplan_nftables.nat.redirect import REDIRECT
from kvmplan_nftables.nat.snat import SNAT

BLOCKS: Mapping[str, Kind] = {
    "nftables_chain": CHAIN,
    "nftables_counter": COUNTER,
    "nftables_limit": LIMIT,
    "nftables_map": MAP,
    "nftables_quota": QUOTA,
    "nftables_rule": RULE,
    "nftables_set": SET,
    "nftables_table": TABLE,
}
"""Those that live in tables of the user's and of other people; all others are in kvmplan's own."""
KINDS: Mapping[str, Kind] = {
    **BLOCKS,
    "nftables_dnat": DNAT,
    "nftables_firewall": FIREWALL,
    "nftables_flowtable": FLOWTABLE,
    "nftables_isolation": ISOLATION,
    "nftables_masquerade": MASQUERADE,
    "nftables_port_forward": PORT_FORWARD,
    "nftables_redirect": REDIRECT,
    "nftables_snat": SNAT,
}

DATA_SOURCES: Mapping[str, DataSource] = {
    "nftables_counters": COUNTERS,
    "nftables_hooks": HOOKS_SOURCE,
    "nftables_ruleset": RULESET,
}
