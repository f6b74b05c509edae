"""`examples/reservations` on a host: entries of a network come, change and go with it, and in the right order."""

from __future__ import annotations

import re

import pytest

from kvmplan.lab import LabHost

from .conftest import HostFactory
from .operator_desk import EXAMPLES, Desk, snapshot

pytestmark = pytest.mark.lab
INSIDE = """
      host {
        mac  = "52:54:00:00:97:03"
        name = "web"
        ip   = "192.168.151.13"
      }
"""


def test_entries_and_their_network(lab_host: HostFactory) -> None:
    lab = lab_host("reservations")
    before = snapshot(lab)
    desk = Desk(lab)
    desk.copy_example("reservations")
    assert "5 added, 0 changed, 0 destroyed" in desk.run("apply", "--auto-approve")
    assert hosts(lab) == ["192.168.151.11", "192.168.151.12", "192.168.151.13"]
    assert_settled(desk)

    plan = desk.run("plan", "--var", 'guests={web={mac="52:54:00:00:97:03",number=14}}')
    assert "0 to add, 2 to change, 2 to destroy" in plan
    desk.run("apply", "--auto-approve", "--var", 'guests={web={mac="52:54:00:00:97:03",number=14}}')
    assert hosts(lab) == ["192.168.151.14"]

    desk.run("apply", "--auto-approve")
    text = (EXAMPLES / "reservations" / "main.kvm.hcl").read_text()
    anew = text.replace('mode = "open"', 'mode = "open"\n  uuid = "8f7c5ad2-4b1a-4f7a-9a4b-3f0a0c0de001"')
    desk.write("main.kvm.hcl", anew)
    assert "5 added, 0 changed, 5 destroyed" in desk.run("apply", "--auto-approve")
    assert hosts(lab) == ["192.168.151.11", "192.168.151.12", "192.168.151.13"]
    assert_settled(desk)

    without = re.sub(r"\n  lifecycle {.*?\n  }\n", "", anew, flags=re.DOTALL).replace("001", "002")
    desk.write("main.kvm.hcl", without)
    assert desk.run("plan", status=1).count("Network office is made anew, and this entry would be lost") == 4

    desk.write("main.kvm.hcl", anew.replace("    dhcp {\n", f"    dhcp {{{INSIDE}"))
    assert "There is already a reservation of mac 52:54:00:00:97:03" in desk.run("plan", status=1)
    kept = anew.replace(
        "for_each = var.guests", 'for_each = { for name, guest in var.guests : name => guest if name != "web" }'
    )
    inside = kept.replace("    dhcp {\n", f"    dhcp {{{INSIDE}").replace(
        'libvirt_dhcp_host.guest["web"].ip', '"192.168.151.13"'
    )
    desk.write("main.kvm.hcl", inside)
    assert "0 added, 1 changed, 1 destroyed" in desk.run("apply", "--auto-approve")
    assert hosts(lab) == ["192.168.151.11", "192.168.151.12", "192.168.151.13"]
    assert_settled(desk)
    desk.write("main.kvm.hcl", anew)
    assert "1 added, 1 changed, 0 destroyed" in desk.run("apply", "--auto-approve")
    assert_settled(desk)

    desk.run("destroy", "--auto-approve")
    assert snapshot(lab) == before


def assert_settled(desk: Desk) -> None:
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")


def hosts(lab: LabHost) -> list[str]:
    """The addresses reserved in what runs, which are those in the definition."""
    live, config = (
        sorted(re.findall("<host mac=.*? ip='(.*?)'", lab.run(["virsh", "net-dumpxml", "office", *options]).stdout))
        for options in ((), ("--inactive",))
    )
    assert live == config
    return live
