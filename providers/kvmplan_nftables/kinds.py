"""The kinds of resources, by type."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan_nftables.filter.firewall import FIREWALL
from kvmplan_nftables.filter.isolation import ISOLATION
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.nat.masquerade import MASQUERADE
from kvmplan_nftables.nat.port_forward import PORT_FORWARD

KINDS: Mapping[str, Kind] = {
    "nftables_firewall": FIREWALL,
    "nftables_isolation": ISOLATION,
    "nftables_masquerade": MASQUERADE,
    "nftables_port_forward": PORT_FORWARD,
}
