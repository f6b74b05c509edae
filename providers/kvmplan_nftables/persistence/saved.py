"""Kvmplan's own tables as a file for nft(8), which need not know what is there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kvmplan_nftables.table.pieces import TableName

FILE = "/etc/kvmplan-nftables.nft"
_HEADER = "# kvmplan's tables as of the last apply, loaded by kvmplan-nftables.service. Edits are overwritten.\n"
_LEARNT = re.compile(
    r"^(\t(?:set|map) \S+ \{\n(?:\t\t(?!elements = ).*\n)*?\t\tflags [^\n]*\bdynamic\b[^\n]*\n"
    r"(?:\t\t(?!elements = ).*\n)*)"
    r"\t\telements = \{[\s\S]*?\}\n(?=\t\}$)",
    re.MULTILINE,
)
"""The elements of a set that packets add to: they are gone in a moment, and no part of the configuration."""
_COUNT = re.compile(r"^(\t\tsize \d+)\t# count \d+$", re.MULTILINE)
"""How many elements a set has, which nft later than 1.1.3 tells with its size."""
_DEVICES = re.compile(r"^(\tflowtable \S+ \{\n\t\thook .*\n)\t\tdevices = .*\n", re.MULTILINE)
"""Of flowtables: one that is not there at boot, as most bridges are not, would keep the whole file away."""


def document(tables: Mapping[TableName, str]) -> str:
    """A file that puts ``tables``, as ``nft -s list table`` prints them, in the place of what has their names."""
    return _HEADER + "".join(
        f"add table {' '.join(name)}\ndelete table {' '.join(name)}\n" + _LEARNT.sub(r"\1", settled(tables[name]))
        for name in sorted(tables)
    )


def settled(table: str) -> str:
    """A table as nft prints it, without interfaces, which come and go, and numbers of elements."""
    return _DEVICES.sub(r"\1", _COUNT.sub(r"\1", table))
