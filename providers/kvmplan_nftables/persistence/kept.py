"""What is on the host for what is saved: kvmplan's own tables, and what it made in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from kvmplan_nftables.persistence import others, saved
from kvmplan_nftables.persistence.boot import UNITS, Kept
from kvmplan_nftables.persistence.devices import joins
from kvmplan_nftables.persistence.others import Part
from kvmplan_nftables.persistence.units import FLUSHER, drop_in, joiner, loader
from kvmplan_nftables.table.pieces import TableName

UNIT = "kvmplan-nftables.service"
JOINER = "kvmplan-nftables-devices.service"
OTHERS_UNIT = "kvmplan-nftables-others.service"
DROP_IN_FILE = f"{UNITS}{FLUSHER}.d/kvmplan.conf"
OTHERS_DROP_IN_FILE = f"{UNITS}{FLUSHER}.d/kvmplan-others.conf"

NOTHING = Kept(MappingProxyType(dict.fromkeys((saved.FILE, UNITS + UNIT, UNITS + JOINER, DROP_IN_FILE))))
"""Of kvmplan's own tables, when there is none."""
NO_OTHERS = Kept(MappingProxyType(dict.fromkeys((others.FILE, UNITS + OTHERS_UNIT, OTHERS_DROP_IN_FILE))))


def own(nft: str, tables: Mapping[TableName, str]) -> Kept:
    """``tables``: as ``nft -s list table`` prints them. ``nft``: its path on the host."""
    if not tables:
        return NOTHING
    text = bytes_of(saved.document(tables))
    coming = [
        (device, f"/bin/sh -c '[ ! -e /sys/class/net/{device} ] || {nft} \"{command}\"'")
        for device, command in joins(tables)
    ]
    commands = [f"{nft} -f {saved.FILE}", *(command for _, command in coming)]
    described = "Tables that kvmplan keeps in nftables"
    files = {
        saved.FILE: text,
        UNITS + UNIT: loader(described, FLUSHER, saved.FILE, commands).encode(),
        UNITS + JOINER: joiner(UNIT, coming).encode() if coming else None,
        DROP_IN_FILE: drop_in(commands).encode(),
    }
    return Kept(files, text)


def in_others(nft: str, parts: Sequence[Part]) -> Kept:
    """Likewise, of what is kvmplan's in tables of the user's and of other people."""
    if not parts:
        return NO_OTHERS
    command = f"/bin/sh {others.FILE}"
    described = "What kvmplan keeps in other tables of nftables"
    files = {
        others.FILE: bytes_of(others.document(nft, parts)),
        UNITS + OTHERS_UNIT: loader(described, f"{FLUSHER} {UNIT}", others.FILE, [command]).encode(),
        OTHERS_DROP_IN_FILE: drop_in([command]).encode(),
    }
    return Kept(files, bytes_of("".join(part.text for part in parts)))


def text_of(listed: bytes) -> str:
    """What nft prints: comments of other people may be in any encoding, and are saved as they are."""
    return listed.decode(errors="surrogateescape")


def bytes_of(text: str) -> bytes:
    """Likewise, for nft and for files."""
    return text.encode(errors="surrogateescape")
