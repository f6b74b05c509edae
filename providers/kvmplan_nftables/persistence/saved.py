"""The texts of what is saved: the file for nft(8), which need not know what is there, and what tells systemd."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kvmplan_nftables.table.pieces import TableName

FILE = "/etc/kvmplan-nftables.nft"
UNIT = "kvmplan-nftables.service"
FLUSHER = "nftables.service"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
DROP_IN_FILE = f"/etc/systemd/system/{FLUSHER}.d/kvmplan.conf"
_HEADER = "# kvmplan's tables as of the last apply, loaded by kvmplan-nftables.service. Edits are overwritten.\n"
_LEARNT = re.compile(
    r"^(\t(?:set|map) \S+ \{\n(?:\t\t(?!elements = ).*\n)*?\t\tflags [^\n]*\bdynamic\b[^\n]*\n"
    r"(?:\t\t(?!elements = ).*\n)*)"
    r"\t\telements = \{[\s\S]*?\}\n(?=\t\}$)",
    re.MULTILINE,
)
"""The elements of a set that packets add to: they are gone in a moment, and no part of the configuration."""


_DEVICES = re.compile(r"^(\tflowtable \S+ \{\n\t\thook .*\n)\t\tdevices = .*\n", re.MULTILINE)
"""Of flowtables: one that is not there at boot, as most bridges are not, would keep the whole file away."""


def document(tables: Mapping[TableName, str]) -> str:
    """A file that puts ``tables``, as ``nft -s list table`` prints them, in the place of what has their names."""
    return _HEADER + "".join(
        f"add table {' '.join(name)}\ndelete table {' '.join(name)}\n" + _settled(tables[name])
        for name in sorted(tables)
    )


def _settled(table: str) -> str:
    return _DEVICES.sub(r"\1", _LEARNT.sub(r"\1", table))


def unit(nft: str) -> str:
    """Ordered like Debian's nftables.service, and after it."""
    return f"""\
[Unit]
Description=Tables that kvmplan keeps in nftables
Wants=network-pre.target
Before=network-pre.target shutdown.target
After=nftables.service
Conflicts=shutdown.target
DefaultDependencies=no
ConditionPathExists={FILE}

[Service]
Type=oneshot
RemainAfterExit=yes
StandardInput=null
ProtectSystem=full
ProtectHome=true
ExecStart={nft} -f {FILE}

[Install]
WantedBy=sysinit.target
"""


def drop_in(nft: str) -> str:
    """To nftables.service, which begins, ends and reloads with a flush of the ruleset. A unit of ours that follows it
    would come too late: `systemctl restart` does not wait for that.
    """
    return f"""\
# Whatever flushed the ruleset: kvmplan's tables come back with it.
[Service]
ExecStartPost=-{nft} -f {FILE}
ExecReload=-{nft} -f {FILE}
"""
