"""Run in a lab host twice at the same moment: a configuration, with a state of its own, applied again and again.

``python -m tests.lab.two_at_once ADDRESS WHO ROUNDS``: ``ADDRESS`` is how it reaches the host, ``WHO`` a number of its
own. Each has entries of one network, a NIC of one guest and a port forward, changes them every round, and plans again.
Prints what was not as it should be, as a JSON list.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import libvirt
from tests.planner.workspace import Workspace, actions

from kvmplan_libvirt.provider import LibvirtSession

HOST = """
host "kvm" {{
  address = "{address}"
}}
"""
WANTED = """
resource "libvirt_dhcp_host" "web" {{
  network = "office"
  mac     = "52:54:00:00:{who}:01"
  ip      = "10.77.{who}.{number}"
}}
resource "libvirt_dns_host" "web" {{
  network  = "office"
  ip       = "10.77.{who}.{number}"
  hostname = ["web{who}"]
}}
resource "libvirt_interface" "web" {{
  domain     = "web1"
  network    = "office"
  mac        = "52:54:00:00:{who}:02"
  link_state = "{state}"
}}
resource "nftables_port_forward" "page" {{
  port   = 80{who}
  target = "10.77.{who}.{number}"
}}
"""
FEWER = 'resource "nftables_masquerade" "all" {{\n  source = "10.77.{who}.0/24"\n}}\n'


READ = 1.0
"""Seconds that one who has read waits for the other to have read too, which without a lock it soon has."""


class Meeting:
    """Both at the same point of each round."""

    def __init__(self, who: int) -> None:
        self.who = str(who)
        self.round = 0

    def at(self, point: str, seconds: float) -> None:
        name = f"at-{self.round}-{point}"
        Path(f"{name}-{self.who}").touch()
        deadline = time.monotonic() + seconds
        while len(list(Path().glob(f"{name}-*"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)

    def before(self, owner: Any, name: str, seconds: float) -> None:
        original = getattr(owner, name)

        def called(*arguments: Any) -> Any:
            self.at(name, seconds)
            return original(*arguments)

        setattr(owner, name, called)


def lead(address: str, who: int, rounds: int) -> list[str]:
    """What went wrong."""
    folder = Path.cwd() / str(who)
    folder.mkdir()
    workspace, wrong, meeting = Workspace(folder), [], Meeting(who)
    meeting.before(LibvirtSession, "apply", 30)
    meeting.before(libvirt.virConnect, "networkDefineXML", READ)
    meeting.before(libvirt.virDomain, "setMetadata", READ)
    for number in range(1, rounds + 1):
        text = FEWER if number % 3 == 0 else WANTED
        state = "down" if number % 2 else "up"
        workspace.write((HOST + text).format(address=address, who=who, number=number, state=state))
        meeting.round = number
        result = workspace.apply()
        wrong += [f"{who}, {number}: {one.address}: {one.summary}: {one.detail}" for one in result.diagnostics]
        if left := dict(actions(workspace.plan())):
            wrong.append(f"{who}, {number}: left: {left}")
    workspace.write("")
    workspace.apply()
    return wrong


if __name__ == "__main__":
    print(json.dumps(lead(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
