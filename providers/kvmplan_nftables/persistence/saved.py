"""Kvmplan's own tables as a file for nft(8), which need not know what is there."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kvmplan_nftables.table.pieces import TableName

FILE = "/etc/kvmplan-nftables.nft"
_HEADER = "# kvmplan's tables as of the last apply, loaded by kvmplan-nftables.service. Edits are overwritten.\n"
DOUBTED = "# An apply of kvmplan's took some of this away, and had no time to say so: the next one writes it anew.\n"
"""Before the file, while something of it goes: when the run is killed, it is loaded all the same, but no `document`."""
_TABLE = re.compile(r"add table (\w+) (\S+)\ndelete table .*\n(table .*\n(?:\t.*\n|\n)*\}\n)")
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
        f"add table {' '.join(name)}\ndelete table {' '.join(name)}\n{lasting(tables[name])}" for name in sorted(tables)
    )


def parsed(text: str) -> Mapping[TableName, str] | None:
    """The tables of a `document`; None where it is none, as somebody edited it."""
    tables = {(family, name): table for family, name, table in _TABLE.findall(text)}
    return tables if document(tables) == text else None


def lasting(table: str) -> str:
    """What is saved of a table as nft prints it; of that, all of it."""
    return _LEARNT.sub(r"\1", settled(table))


def settled(table: str) -> str:
    """A table as nft prints it, without interfaces, which come and go, and numbers of elements."""
    return _DEVICES.sub(r"\1", _COUNT.sub(r"\1", table))
