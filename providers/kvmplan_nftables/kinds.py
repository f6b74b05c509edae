"""The kinds of resources, by type."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan_nftables.filter.firewall import FIREWALL
from kvmplan_nftables.filter.isolation import ISOLATION
from kvmplan_nftables.kind import Kind
from kvmplan_nftables.nat.dnat import DNAT
from kvmplan_nftables.nat.masquerade import MASQUERADE
from kvmplan_nftables.nat.port_forward import PORT_FORWARD
from kvmplan_nftables.nat.redirect import REDIRECT
from kvmplan_nftables.nat.snat import SNAT

KINDS: Mapping[str, Kind] = {
    "nftables_dnat": DNAT,
    "nftables_firewall": FIREWALL,
    "nftables_isolation": ISOLATION,
    "nftables_masquerade": MASQUERADE,
    "nftables_port_forward": PORT_FORWARD,
    "nftables_redirect": REDIRECT,
    "nftables_snat": SNAT,
}
