"""`examples/bridged-lan` and `examples/bridged-firewall` on a host with a second NIC: the guest gets its address from
the LAN, and is reached there, by everybody or as its firewall says.
"""

from __future__ import annotations

import pytest

from .clients import page, reached
from .conftest import HostFactory
from .operator_desk import Desk, snapshot

pytestmark = pytest.mark.lab


def test_a_guest_on_the_lan(lab_host: HostFactory) -> None:
    lab = lab_host("bridged", nics=2)
    lab.guest("web1")
    before = snapshot(lab)
    desk = Desk(lab)
    desk.copy_example("bridged-lan")
    assert "3 added" in desk.run("apply", "--auto-approve")
    address = lab.guest_address("web1")
    assert address.startswith("203.0.113."), "the LAN's own DHCP gave it"
    assert "hello from web1" in page(lab, address)
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    assert reached(lab, address, 7777, expected=True)
    desk.run("destroy", "--auto-approve")
    assert snapshot(lab) == before

    desk = Desk(lab, "/root/guarded")
    desk.copy_example("bridged-firewall")
    desk.run("apply", "--auto-approve", "--var", "stateful=false")
    address = lab.guest_address("web1", mac="52:54:00:00:71:0a")
    assert "hello from web1" in page(lab, address)
    assert lab.outside(["busybox", "ping", "-c", "3", "-W", "20", address]).returncode == 0
    assert not reached(lab, address, 7777, expected=False)
    assert desk.run("plan", "--detailed-exitcode", "--var", "stateful=false").startswith("No changes.")
    lab.run(["nft", "flush", "ruleset"])
    assert reached(lab, address, 7777, expected=True)
    assert "nftables_firewall.web has been deleted" in desk.run("plan", "--var", "stateful=false")
    desk.run("apply", "--auto-approve", "--var", "stateful=false")
    assert not reached(lab, address, 7777, expected=False)
    assert "hello from web1" in page(lab, address)
    desk.run("destroy", "--auto-approve", "--var", "stateful=false")
    assert snapshot(lab) == before
