"""Interfaces of flowtables, which come and go: each joins the flowtables that it shall be in whenever it comes.

nft refuses a flowtable of an interface that is not there, so the saved file has none, and interfaces join one by one.
The set beside each flowtable says which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from kvmplan_nftables.fastpath.flowtable import MEMBERS
from kvmplan_nftables.table.pieces import TableName

_FLOWTABLE = re.compile(r"^\tflowtable (\S+) \{\n((?:\t\t.*\n)*)\t\}$", re.MULTILINE)
_MEMBERS = re.compile(
    rf"^\tset (\S+){MEMBERS} \{{\n\t\ttype ifname\n\t\telements = \{{([\s\S]*?)\}}\n\t\}}$", re.MULTILINE
)
_NAME = re.compile(r'"([A-Za-z0-9_.@-]+)"(?: comment "[^"]*")?(?=[ ,])')


def joins(tables: Mapping[TableName, str]) -> Iterator[tuple[str, str]]:
    """Interfaces of flowtables in ``tables``, as nft prints them, each with the command that takes it in."""
    for table in sorted(tables):
        members = {name: _NAME.findall(elements) for name, elements in _MEMBERS.findall(tables[table])}
        for name, body in _FLOWTABLE.findall(tables[table]):
            lines = [line.strip() for line in body.splitlines() if not line.startswith("\t\tdevices")]
            for device in members.get(name, ()):
                told = " ".join(f"{line} ;" for line in (lines[0], f"devices = {{ {device} }}", *lines[1:]))
                yield device, f"add flowtable {' '.join(table)} {name} {{ {told} }}"
