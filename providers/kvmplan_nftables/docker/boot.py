"""What brings the rules back when Docker makes its chain anew: a drop-in of docker.service that runs a script.

Docker keeps what is in DOCKER-USER when it starts again, but after a boot, or a flush of the ruleset, there is nothing
to keep. So the script adds what is missing only.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kvmplan_nftables.docker.accept import TOOLS
from kvmplan_nftables.docker.chain import CHAIN, Found
from kvmplan_sdk import Host
from kvmplan_sdk.host import check

FILE = "/etc/kvmplan-docker-user.sh"
UNIT = "docker.service"
DROP_IN_FILE = f"/etc/systemd/system/{UNIT}.d/kvmplan.conf"
_HEADER = f"# kvmplan's rules in {CHAIN} as of the last apply, for {UNIT}. Edits are overwritten.\n"
_DROP_IN = f"# Whenever Docker has made {CHAIN}: kvmplan's rules in it.\n[Service]\nExecStartPost=-/bin/sh {FILE}\n"

Chains = Mapping[str, Sequence[Found]]
"""By family, those that are there."""


@dataclass(frozen=True, slots=True)
class Boot:
    """``able``: whether systemd runs the host."""

    host: Host
    able: bool

    def holds(self, chains: Chains) -> bool:
        wanted = {FILE: script(chains).encode(), DROP_IN_FILE: _DROP_IN.encode()} if self.able else {}
        return self.able and all(self.host.read_file(path) == text for path, text in wanted.items()) and self._read()

    def save(self, chains: Chains) -> None:
        """Save kvmplan's rules as they are, or forget all of it where there are none. Raises `HostError`."""
        if not self.able:
            return
        if not any(one.ours for chain in chains.values() for one in chain):
            self._forget()
            return
        text = script(chains).encode()
        if self.host.read_file(FILE) != text:
            self.host.write_file(FILE, text)
        fresh = self.host.read_file(DROP_IN_FILE) != _DROP_IN.encode()
        if fresh:
            self._run("mkdir", "-p", DROP_IN_FILE.rpartition("/")[0])
            self.host.write_file(DROP_IN_FILE, _DROP_IN.encode(), 0o644)
        if fresh or not self._read():
            self._run("systemctl", "daemon-reload")

    def knows_docker(self) -> bool:
        """Whether a unit of systemd starts Docker here, as far as that matters."""
        shown = self.host.run(["systemctl", "show", "-p", "LoadState", UNIT]) if self.able else None
        return shown is None or b"not-found" not in shown.stdout

    def _forget(self) -> None:
        there = [path for path in (FILE, DROP_IN_FILE) if self.host.read_file(path) is not None]
        for path in there:
            self.host.remove_file(path)
        if DROP_IN_FILE in there:
            self._run("rmdir", "--ignore-fail-on-non-empty", DROP_IN_FILE.rpartition("/")[0])
            self._run("systemctl", "daemon-reload")

    def _read(self) -> bool:
        """Whether systemd has read the drop-in."""
        shown = self.host.run(["systemctl", "show", "-p", "NeedDaemonReload", UNIT])
        return shown.ok and b"=yes" not in shown.stdout

    def _run(self, *argv: str) -> None:
        check(self.host.run(argv), f"Saving the rules of {CHAIN} on {self.host.name}")


def script(chains: Chains) -> str:
    """Each rule that is missing comes to the top, so the last comes first."""
    lines = [
        f"{tool} -w -C {rule} 2>/dev/null || {tool} -w -I {rule}\n"
        for family, tool in TOOLS.items()
        for one in reversed(chains.get(family, ()))
        if one.ours
        for rule in [f"{CHAIN} {shlex.join(one.arguments)}"]
    ]
    return _HEADER + "".join(lines)
