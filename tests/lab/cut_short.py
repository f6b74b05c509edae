"""Run in a lab host: applies that are cut short at every place in turn, each followed by one that is not.

``python -m tests.lab.cut_short MODE SECONDS`` goes round three configurations (everything, everything otherwise,
nothing) in a folder of its own. On the way from one to the next the run ends at place 1, 2, 3, ...: before and after
every call that writes to disk or changes the host. ``MODE``:

- ``kill``: SIGKILL; the next apply must get there;
- ``fault``: the call fails, before or after it was done; so the same;
- ``rollback``: it fails, and the run is rolled back; the host must be as it was before.

Prints one JSON object: how many places there were on each way, and what was not as it should be.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import libvirt
from tests.planner.workspace import Workspace, actions

from kvmplan.apply.result import Result
from kvmplan.hosts.local import LocalHost
from kvmplan.run import Run
from kvmplan_sdk import DiagnosticError, error
from kvmplan_sdk.provider import Session

FIRST = """
resource "libvirt_network" "web" {
  name = "web"
  mode = "open"
  ip {
    address = "192.168.150.1"
    prefix  = 24
    dhcp {
      range {
        start = "192.168.150.100"
        end   = "192.168.150.199"
      }
      host {
        mac = "52:54:00:00:96:0a"
        ip  = "192.168.150.10"
      }
    }
  }
}
resource "libvirt_dhcp_host" "db" {
  network = libvirt_network.web.name
  mac     = "52:54:00:00:96:0b"
  ip      = "192.168.150.20"
}
resource "libvirt_dns_host" "db" {
  network  = libvirt_network.web.name
  ip       = "192.168.150.20"
  hostname = ["db"]
}
resource "libvirt_nwfilter" "web" {
  name = "web-first"
  filterref { filter = "clean-traffic" }
  lifecycle { create_before_destroy = true }
}
resource "libvirt_interface" "web" {
  domain  = "web1"
  network = libvirt_network.web.name
  mac     = "52:54:00:00:96:0a"
  filterref { filter = libvirt_nwfilter.web.name }
}
resource "libvirt_interface" "backend" {
  domain = "web1"
  bridge = netplan_bridge.backend.name
}
resource "nftables_masquerade" "web" {
  source = "192.168.150.0/24"
}
resource "nftables_port_forward" "page" {
  port        = 8080
  target      = "192.168.150.10"
  target_port = 8080
}
resource "netplan_bridge" "backend" {
  name      = "br-backend"
  addresses = ["10.150.0.1/24"]
}
resource "terraform_data" "note" {
  input            = libvirt_network.web.name
  triggers_replace = netplan_bridge.backend.name
}
"""
SECOND = """
resource "libvirt_network" "web" {
  name = "web"
  mode = "open"
  ip {
    address = "192.168.150.1"
    prefix  = 24
    dhcp {
      range {
        start = "192.168.150.100"
        end   = "192.168.150.199"
      }
      host {
        mac = "52:54:00:00:96:0a"
        ip  = "192.168.150.11"
      }
    }
  }
}
resource "libvirt_network" "spare" {
  name = "spare"
  mode = "isolated"
}
resource "libvirt_dhcp_host" "db" {
  network = libvirt_network.web.name
  mac     = "52:54:00:00:96:0b"
  ip      = "192.168.150.21"
}
resource "libvirt_dhcp_host" "mail" {
  network = libvirt_network.web.name
  mac     = "52:54:00:00:96:0c"
  ip      = "192.168.150.20"
}
resource "libvirt_nwfilter" "web" {
  name = "web-second"
  filterref { filter = "no-mac-spoofing" }
  lifecycle { create_before_destroy = true }
}
resource "libvirt_interface" "web" {
  domain  = "web1"
  network = libvirt_network.spare.name
  mac     = "52:54:00:00:96:0a"
  filterref { filter = libvirt_nwfilter.web.name }
}
resource "nftables_port_forward" "page" {
  port        = 9090
  target      = "192.168.150.11"
  target_port = 8080
}
resource "nftables_port_forward" "other" {
  port        = 9091
  target      = "192.168.150.11"
  target_port = 8081
}
resource "netplan_bridge" "backend" {
  name      = "br-backend"
  addresses = ["10.150.0.2/24"]
}
resource "terraform_data" "note" {
  input            = libvirt_network.spare.name
  triggers_replace = nftables_port_forward.page.port
}
"""
WAYS = (("first", FIRST), ("second", SECOND), ("nothing", ""))
LOOK = """
nft -s list table inet kvmplan 2>/dev/null
for n in $(virsh -q net-list --all --name | sort); do
  virsh net-dumpxml $n; virsh net-dumpxml $n --inactive; virsh net-info $n
done | grep -v '<uuid>'
for f in $(virsh -q nwfilter-list | awk '$2 ~ /^web/ { print $2 }' | sort); do virsh nwfilter-dumpxml $f; done
virsh dumpxml web1 --inactive | sed 's/<address [^>]*>//' |
  awk 'index($0, "<interface") { nic = "" } { nic = nic $0 } index($0, "</interface>") { print nic }' | sort
ip -br address | awk '{ print $1, $3 }' | grep -v '^lo\\|fe80' | sort
ls /etc/netplan; cat /etc/netplan/* 2>/dev/null
"""
LOOK_AT_TAGS = "virsh metadata web1 --uri urn:kvmplan:owner:1 --config"
"""What is left of a NIC's tag goes with the next change of a NIC, which there is on the way to the first alone."""
RESERVATIONS = re.compile(r"(?:^ *<host mac=.*/>\n)+", re.MULTILINE)
"""Their order, to libvirt and to the provider, says nothing."""
DISK = ("write", "fsync", "replace", "rename", "unlink")
CHANGES = re.compile(
    "((network|nwfilter|port)?([dD]efine|[cC]reate))(XML|XMLFlags|Flags)?|destroy|undefine|setAutostart|update|"
    "(at|de)tachDeviceFlags|"
    "updateDeviceFlags|setMetadata"
)
KILLED = -signal.SIGKILL


class Place:
    """Counts the places that a run comes to, and cuts it short at number ``at``."""

    def __init__(self, at: int, mode: str) -> None:
        self.at = at
        self.mode = mode
        self.passed = 0
        self.armed = False

    def reach(self, fault: Exception) -> None:
        if not self.armed:
            return
        self.passed += 1
        if self.passed != self.at:
            return
        if self.mode == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        raise fault

    def around(self, owner: Any, name: str, fault: Exception) -> None:
        original = getattr(owner, name)

        def called(*arguments: Any, **options: Any) -> Any:
            self.reach(fault)
            value = original(*arguments, **options)
            self.reach(fault)
            return value

        setattr(owner, name, called)

    def lay(self) -> None:
        """Put them around everything that a run writes to disk or changes on the host, while it applies."""
        if self.mode == "kill":
            for name in DISK:
                self.around(os, name, OSError("cut short"))
        for owner in (libvirt.virConnect, libvirt.virDomain, libvirt.virNetwork, libvirt.virNWFilter):
            for name in filter(CHANGES.fullmatch, dir(owner)):
                self.around(owner, name, libvirt.libvirtError("cut short"))
        for name in ("run", "write_file", "remove_file"):
            self.around(LocalHost, name, DiagnosticError(error("Cut short")))
        for session in Session.__subclasses__():
            self.around(session, "apply", DiagnosticError(error("Cut short")))
            self.around(session, "read", DiagnosticError(error("Cut short")))
        apply = Run.apply

        def applying(run: Run, *arguments: Any, **options: Any) -> Result:
            self.armed = True
            try:
                return apply(run, *arguments, **options)
            finally:
                self.armed = False

        setattr(Run, "apply", applying)  # noqa: B010


def in_child(work: Callable[[], Any]) -> tuple[int, Any]:
    """The status of a forked child that does ``work``, and what that returns."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            value = json.dumps(work())
            with os.fdopen(writing, "w") as pipe:
                pipe.write(value)
        except BaseException:  # noqa: BLE001 - the child must not go on with the parent's work
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        text = pipe.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), json.loads(text) if text else None


def look(name: str) -> str:
    script = LOOK + (LOOK_AT_TAGS if name == "first" else "")
    shown = subprocess.run(["sh", "-c", script], check=False, capture_output=True, text=True).stdout
    return RESERVATIONS.sub(lambda found: "".join(sorted(found[0].splitlines(keepends=True))), shown)


class Round:
    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.workspace = Workspace(Path.cwd())
        self.wrong: list[str] = []
        self.hosts: dict[str, str] = {}
        self.states: dict[str, list[str]] = {}
        self.last: dict[str, int] = {}

    def applied(self, place: int = 0) -> dict[str, Any]:
        """Apply what is written; told in a form that can leave a child."""
        counter = Place(place, self.mode)
        if place:
            import kvmplan_nftables.provider  # noqa: F401

            counter.lay()
        result = self.workspace.apply(rollback=self.mode == "rollback")
        return {
            "complete": result.complete,
            "reached": counter.passed >= place,
            "passed": counter.passed,
            "left": list(result.undone.left) if result.undone else [],
            "undone": result.undone is not None,
            "said": [f"{one.address}: {one.summary}: {one.detail}" for one in result.diagnostics],
        }

    def addresses(self) -> list[str]:
        return sorted(map(str, self.workspace.state.instances))

    def go(self, name: str, text: str, before: str, place: int) -> bool:
        """Go to ``name``, cut short at ``place``; returns whether there was such a place."""
        self.workspace.write(text)
        status, told = in_child(lambda: self.applied(place))
        where = f"{before} to {name}, place {place}"
        if status not in (0, KILLED):
            self.wrong.append(f"{where}: ended by itself with {status}")
        if status == 0 and self.mode == "rollback" and told["undone"]:
            if told["left"]:
                self.wrong.append(f"{where}: not rolled back: {told}")
            self.compare(f"{where}, rolled back", before)
        self.finish(where, name)
        if told:
            self.last[name] = told["passed"]
        return status == KILLED or (status == 0 and bool(told["reached"]))

    def finish(self, where: str, name: str) -> None:
        """Apply until it is done, and look whether host, state and configuration are the same."""
        status, told = in_child(lambda: {**self.applied(), "still": dict(actions(self.workspace.plan()))})
        if status or not told["complete"] or told["still"]:
            self.wrong.append(f"{where}: the next apply: {status}, {told}")
        self.compare(where, name)
        if self.workspace.journal.exists():
            self.wrong.append(f"{where}: the journal is left")

    def compare(self, where: str, name: str) -> None:
        if self.addresses() != self.states.setdefault(name, self.addresses()):
            self.wrong.append(f"{where}: in state: {self.addresses()}")
        now = look(name)
        if now != self.hosts.setdefault(name, now):
            self.wrong.append(f"{where}: on the host:\n{_changed(self.hosts[name], now)}")


def _changed(before: str, now: str) -> str:
    import difflib

    return "\n".join(difflib.unified_diff(before.splitlines(), now.splitlines(), lineterm="", n=1))


def main(mode: str, seconds: float, stride: int = 1) -> None:
    round_ = Round(mode)
    for name, text in (*WAYS, *WAYS):  # what is right: found without being cut short, the same twice
        round_.workspace.write(text)
        round_.finish(f"to {name}", name)
    places: dict[str, int] = {}
    open_ways = {name for name, _ in WAYS}
    started = time.monotonic()
    place, before = 0, WAYS[-1][0]
    while open_ways and time.monotonic() - started < seconds and len(round_.wrong) < 10:
        place += stride
        for name, text in WAYS:
            if name not in open_ways:
                round_.workspace.write(text)
                round_.finish(f"to {name}", name)
            elif round_.go(name, text, before, place):
                places[name] = places.get(name, 0) + 1
            else:
                open_ways.discard(name)
            before = name
    took = round(time.monotonic() - started)
    print(
        json.dumps(
            {"places": places, "of": round_.last, "whole": not open_ways, "seconds": took, "wrong": round_.wrong}
        )
    )


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        main(sys.argv[1], float(sys.argv[2]), *map(int, sys.argv[3:]))
