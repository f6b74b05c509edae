"""`examples/bridged-lan` on a host with a second NIC: the guest gets its address from the LAN, and is reached there."""

from __future__ import annotations

import pytest

from .conftest import HostFactory
from .operator_desk import Desk, snapshot

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


def test_a_guest_on_the_lan(lab_host: HostFactory) -> None:
    lab = lab_host("bridged", nics=2)
    lab.guest("web1")
    before = snapshot(lab)
    desk = Desk(lab)
    desk.copy_example("bridged-lan")
    assert "3 added" in desk.run("apply", "--auto-approve")
    address = lab.guest_address("web1", timeout=60)
    assert address.startswith("203.0.113."), "the LAN's own DHCP gave it"
    assert "hello from web1" in lab.outside(["curl", "-s", "-m", "5", f"http://{address}:8080/"]).stdout
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    desk.run("destroy", "--auto-approve")
    assert snapshot(lab) == before
