"""Run in a lab host: two configurations, each with a state of its own, applied to that host at the same moment.

``python -m tests.lab.two_at_once ADDRESS ROUNDS``: one reaches the host as itself, the other as ``ssh://root@ADDRESS``.
Both have an entry of one network, a NIC of one guest and a port forward; each changes them every round, and plans again.
Prints one JSON object: what was not as it should be, and how many applies there were.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from tests.planner.workspace import Workspace, actions

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


def lead(address: str, who: int, rounds: int) -> list[str]:
    """One of both: what it saw go wrong."""
    folder = Path.cwd() / str(who)
    folder.mkdir()
    workspace, wrong = Workspace(folder), []
    for number in range(1, rounds + 1):
        text = FEWER if number % 4 == 0 else WANTED
        state = "down" if number % 2 else "up"
        workspace.write((HOST + text).format(address=address, who=who, number=number, state=state))
        result = workspace.apply()
        wrong += [f"{who}, {number}: {one.address}: {one.summary}: {one.detail}" for one in result.diagnostics]
        if left := dict(actions(workspace.plan())):
            wrong.append(f"{who}, {number}: left: {left}")
    workspace.write("")
    workspace.apply()
    return wrong


def main(address: str, rounds: int) -> None:
    with ProcessPoolExecutor(2) as both:
        told = both.map(lead, ("local", f"ssh://root@{address}"), (10, 11), (rounds, rounds))
    print(json.dumps({"wrong": [line for lines in told for line in lines], "applies": 2 * rounds}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
