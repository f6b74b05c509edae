"""Ten networks and forty NICs of ten running guests, changed in one apply: nobody is rebooted, and no tap is off its
bridge for two seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kvmplan.lab import LabHost
from kvmplan_libvirt.inventory import Nic

from .disturbance import link_events, longest_off, nics_of_document
from .operator_desk import Desk

pytestmark = pytest.mark.lab
GUESTS = [f"g{number}" for number in range(10)]
CONFIGURATION = """
variable "changed" {
  type    = bool
  default = false
}

resource "libvirt_network" "net" {
  count = 10
  name  = "net${count.index}"
  mode  = "open"
  mtu   = var.changed && count.index < 5 ? 1400 : null

  ip {
    address = "10.80.${count.index}.1"
    prefix  = 24
    dhcp {
      range {
        start = "10.80.${count.index}.100"
        end   = "10.80.${count.index}.${var.changed && count.index >= 5 ? 150 : 120}"
      }
    }
  }
}

locals {
  moved = var.changed ? 4 : 3
  place = flatten([for guest in range(10) : [for step in [0, 1, 2, local.moved] : (guest + step) % 10]])
}

resource "libvirt_interface" "nic" {
  count   = 40
  domain  = "g${floor(count.index / 4)}"
  network = libvirt_network.net[local.place[count.index]].name
}
"""


@pytest.fixture(scope="module")
def desk(lab_token: str) -> Iterator[Desk]:
    with LabHost.up(f"{lab_token}-many", segment=lab_token) as lab:
        lab.guest(GUESTS[0])
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lab.guest, GUESTS[1:]))
        desk = Desk(lab)
        desk.write("many.kvm.hcl", CONFIGURATION)
        desk.run("init")
        desk.run("apply", "-auto-approve", timeout=300)
        yield desk


def test_all_of_them_change_at_once(desk: Desk) -> None:
    processes = pids(desk.lab)
    taps = {str(nic.target) for guest in GUESTS for nic in nics(desk.lab, guest)}
    plan = desk.run("plan", "-var", "changed=true")
    assert "20 to change" in plan, plan
    for number in range(5):
        assert impact(plan, f"libvirt_network.net[{number}]").startswith("link_flap"), plan
        assert impact(plan, f"libvirt_network.net[{number + 5}]").startswith("dnsmasq_restart"), plan
    assert {f"g{number}" for number in (0, 7, 8, 9)} <= set(
        re.findall(r"\bg\d\b", impact(plan, "libvirt_network.net[0]"))
    )
    offs = [measured(desk, taps, changed="true")]
    while min(offs) >= 2 and len(offs) < 5:  # a busy machine may have stopped meanwhile, but not every time
        offs += [measured(desk, taps, changed=changed) for changed in ("false", "true")]
    assert 0 < min(offs) < 2, offs
    assert pids(desk.lab) == processes
    links = {link["ifname"]: link for link in json.loads(desk.lab.run(["ip", "-j", "link", "show"]).stdout)}
    found = {
        nic.mac: (nic.network, links[str(nic.target)]["master"]) for guest in GUESTS for nic in nics(desk.lab, guest)
    }
    assert len(found) == 40
    assert all(bridge == f"virbr-{network}" for network, bridge in found.values()), found
    desk.run("plan", "-var", "changed=true", "-detailed-exitcode")


def measured(desk: Desk, taps: set[str], *, changed: str) -> float:
    """For how many seconds a tap was off its bridge, at most, as all are changed."""
    with link_events(desk.lab) as events:
        desk.run("apply", "-auto-approve", "-var", f"changed={changed}", timeout=300)
        events.catch_up()
        return longest_off(events(), frozenset(taps))


def pids(lab: LabHost) -> dict[str, str]:
    return {guest: lab.run(["cat", f"/run/libvirt/qemu/{guest}.pid"]).stdout for guest in GUESTS}


def nics(lab: LabHost, guest: str) -> list[Nic]:
    return list(nics_of_document(lab.run(["virsh", "dumpxml", guest]).stdout))


def impact(plan: str, address: str) -> str:
    """What the plan says of the impact of one change."""
    _, _, rest = plan.partition(f"# {address} ")
    found = re.search(r"# impact (.*)", rest)
    assert found is not None, plan
    return found[1]
