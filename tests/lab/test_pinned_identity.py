"""A network taken over from somebody who pinned nothing: no restart changes what tells it apart."""

from __future__ import annotations

import json

import pytest

from kvmplan.lab import LabHost

from .conftest import HostFactory
from .operator_desk import Desk

pytestmark = pytest.mark.lab
THEIRS = "<network><name>theirs</name><ip address='10.79.0.1' prefix='24'/></network>"
TAKEN = """
import {
  to = libvirt_network.theirs
  id = "theirs"
}

resource "libvirt_network" "theirs" {
  name = "theirs"
  mode = "isolated"
  mtu  = 1400
  autostart = false
  ip {
    address = "10.79.0.1"
    prefix  = 24
  }
}
"""


def test_an_imported_network_keeps_its_identity(lab_host: HostFactory) -> None:
    lab = lab_host("pinned")
    lab.put("/tmp/theirs.xml", THEIRS)
    lab.run(["virsh", "net-define", "/tmp/theirs.xml"])
    lab.run(["virsh", "net-start", "theirs"])
    before = identity(lab)
    desk = Desk(lab)
    desk.write("main.kvm.hcl", TAKEN)
    desk.run("apply", "--auto-approve")
    assert identity(lab) == before
    assert "mtu size='1400'" in lab.run(["virsh", "net-dumpxml", "theirs"]).stdout
    for command in ("net-destroy", "net-start"):
        lab.run(["virsh", command, "theirs"])
    assert identity(lab) == before
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    desk.run("destroy", "--auto-approve")


def identity(lab: LabHost) -> dict[str, str]:
    shown = lab.run(["sh", "-c", "virsh net-info theirs | grep -E 'Name|UUID|Bridge'"]).stdout
    said = dict(line.split(":", 1) for line in shown.splitlines())
    bridge = said["Bridge"].strip()
    (link,) = json.loads(lab.run(["ip", "-j", "link", "show", bridge]).stdout)
    return {**said, "mac": link["address"]}
