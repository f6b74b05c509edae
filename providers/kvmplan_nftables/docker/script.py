"""What brings the rules back when Docker makes its chain anew: a drop-in of docker.service that runs a script.

Docker keeps what is in DOCKER-USER when it starts again, but after a boot, or a flush of the ruleset, there is nothing
to keep. So the script adds what is missing only.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from kvmplan_nftables.docker.accept import TOOLS
from kvmplan_nftables.docker.chain import CHAIN, Found
from kvmplan_nftables.persistence.boot import UNITS, Kept

FILE = "/etc/kvmplan-docker-user.sh"
UNIT = "docker.service"
DROP_IN_FILE = f"{UNITS}{UNIT}.d/kvmplan.conf"
_HEADER = f"# kvmplan's rules in {CHAIN} as of the last apply, for {UNIT}. Edits are overwritten.\n"
_DROP_IN = f"# Whenever Docker has made {CHAIN}: kvmplan's rules in it.\n[Service]\nExecStartPost=-/bin/sh {FILE}\n"

NOTHING = Kept(MappingProxyType(dict.fromkeys((FILE, DROP_IN_FILE))))


def kept(chains: Mapping[str, Sequence[Found]]) -> Kept:
    """kvmplan's rules in ``chains``, by family, as they are. Each that is missing comes to the top, so the last comes
    first.
    """
    lines = [
        f"{tool} -w -C {rule} 2>/dev/null || {tool} -w -I {rule}\n"
        for family, tool in TOOLS.items()
        for one in reversed(chains.get(family, ()))
        if one.ours
        for rule in [f"{CHAIN} {shlex.join(one.arguments)}"]
    ]
    return Kept({FILE: (_HEADER + "".join(lines)).encode(), DROP_IN_FILE: _DROP_IN.encode()}) if lines else NOTHING
