"""What systemd is told: to load what is saved when the host boots, and whenever nftables.service has flushed it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

FLUSHER = "nftables.service"
_PLAIN = re.compile(r"[^A-Za-z0-9:_.]|^\.")


def loader(description: str, after: str, file: str, commands: Iterable[str]) -> str:
    """Ordered like Debian's nftables.service, and after it."""
    first, *others = commands
    then = "".join(f"ExecStartPost=-{command}\n" for command in others)
    return f"""\
[Unit]
Description={description}
Wants=network-pre.target
Before=network-pre.target shutdown.target
After={after}
Conflicts=shutdown.target
DefaultDependencies=no
ConditionPathExists={file}

[Service]
Type=oneshot
RemainAfterExit=yes
StandardInput=null
ProtectSystem=full
ProtectHome=true
ExecStart={first}
{then}
[Install]
WantedBy=sysinit.target
"""


def drop_in(commands: Sequence[str]) -> str:
    """To nftables.service, which begins, ends and reloads with a flush of the ruleset. A unit of ours that follows it
    would come too late: `systemctl restart` does not wait for that.
    """
    lines = (f"{when}=-{command}\n" for when in ("ExecStartPost", "ExecReload") for command in commands)
    return f"# Whatever flushed the ruleset: kvmplan's tables come back with it.\n[Service]\n{''.join(lines)}"


def joiner(after: str, joins: Sequence[tuple[str, str]]) -> str:
    """Started by each of the interfaces in ``joins`` as it comes; each comes with its command.

    They run as the unit ends. An interface that comes then has it start once more; while a unit starts, that would be
    the same start to systemd, and the command for that interface might have run before.
    """
    wanted = " ".join(dict.fromkeys(_device_unit(device) for device, _ in joins))
    lines = "".join(f"ExecStopPost=-{command}\n" for _, command in joins)
    return f"""\
[Unit]
Description=Interfaces that come join kvmplan's flowtables
After={after}
StartLimitIntervalSec=0

[Service]
Type=simple
ExecStart=/bin/true
{lines}
[Install]
WantedBy={wanted}
"""


def _device_unit(name: str) -> str:
    """Escaped as systemd.unit(5) says."""
    escaped = _PLAIN.sub(lambda found: "".join(f"\\x{byte:02x}" for byte in found[0].encode()), name)
    return f"sys-subsystem-net-devices-{escaped}.device"
