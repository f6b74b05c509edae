"""`examples/guest-nics` on a host: the guest gets its NICs while it runs, and loses one without losing the others."""

from __future__ import annotations

import pytest

from .conftest import HostFactory
from .operator_desk import Desk
from .tap_devices import make_tap_devices

pytestmark = pytest.mark.lab


def test_three_ways_to_the_outside(lab_host: HostFactory) -> None:
    lab = lab_host("guest-nics", nics=2)
    lab.run(["ip", "link", "set", "ens4", "up"])
    make_tap_devices(lab)
    lab.guest("web1")
    desk = Desk(lab)
    desk.copy_example("guest-nics")
    uuid = lab.run(["virsh", "domuuid", "web1"]).stdout.strip()
    assert "4 added" in desk.run("apply", "--auto-approve", "--var", f"guest={uuid}")
    listed = lab.run(["virsh", "-q", "domiflist", "web1"]).stdout.splitlines()
    assert sorted(line.split()[1] for line in listed if line) == ["direct", "network", "user"]
    assert "tap-inside" in lab.run(["ip", "link", "show", "master", "virbr-inside"]).stdout
    assert desk.run("plan", "--detailed-exitcode", "--var", f"guest={uuid}").startswith("No changes.")
    text = desk.run("plan", "--var", f"guest={uuid}", "--destroy", "--target", "libvirt_interface.lan")
    assert "guest_disconnect" in text
    assert "web1" in text
    desk.run("destroy", "--auto-approve", "--var", f"guest={uuid}")
    assert lab.run(["virsh", "-q", "domiflist", "web1"]).stdout.strip() == ""
    assert lab.run(["virsh", "-q", "net-list", "--all"]).stdout.strip() == ""
