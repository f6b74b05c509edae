"""The fixed part of our tables, by table: what all resources share, in sections."""

from __future__ import annotations

from collections.abc import Mapping

from kvmplan_nftables.table.firewalls import firewalls, isolation
from kvmplan_nftables.table.pieces import BRIDGE, OURS, Piece, TableName, base_chain
from kvmplan_nftables.table.section import Section, section
from kvmplan_nftables.table.translation import translation

TAG = "kvmplan skeleton"
FAST_PATH = base_chain("fastpath", "filter", "forward", 10)
"""After all of ours that may drop a packet."""
SECTIONS: Mapping[TableName, tuple[Section, ...]] = {
    OURS: (*translation(), section(*firewalls(OURS)), section(isolation(OURS)), section(FAST_PATH)),
    BRIDGE: (section(*firewalls(BRIDGE)), section(isolation(BRIDGE))),
}
SKELETON: Mapping[TableName, tuple[Piece, ...]] = {
    name: tuple(piece for one in sections for piece in one.pieces) for name, sections in SECTIONS.items()
}
"""By table; a table of ours without anything but this is removed."""
