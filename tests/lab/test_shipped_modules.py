"""Networks made with the modules that come with kvmplan, two guests each: what goes through, and what does not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from kvmplan.lab import LabHost
from kvmplan.lab.addressing import GATEWAY, INTERNET

from .clients import page as served
from .clients import reached, until
from .conftest import HostFactory
from .operator_desk import Desk, fetch, snapshot
from .two_guests import BRIDGES_UNFILTERED

pytestmark = pytest.mark.lab
CONFIGURATION = """
module "web" {
  source    = "kvmplan//nat-network"
  name      = "web"
  subnet    = "192.168.150.0/24"
  guests    = { web1 = { number = 10 }, web2 = { number = 11 } }
  isolation = ["192.168.151.0/24"]
  forwards = {
    page = { port = 8080, target = "web1" }
    echo = { port = 7001, target = "web2", target_port = 7777 }
  }
}

module "db" {
  source = "kvmplan//nat-network"
  name   = "db"
  subnet = "192.168.151.0/24"
  guests = { db1 = { number = 10 } }
}

# The lab's kernel may lack nf_conntrack_bridge: without state.
module "lan" {
  source     = "kvmplan//bridged-network"
  interfaces = ["ens4"]
  guests = {
    lan1 = { firewall = { tcp = ["8080"], stateful = false } }
    lan2 = {}
  }
}

output "macs" {
  value = module.lan.macs
}
"""
GUESTS = ("web1", "web2", "db1", "lan1", "lan2")


@pytest.fixture
def desk(lab_host: HostFactory) -> Iterator[Desk]:
    lab = lab_host("shipped", nics=2)
    lab.run(["sh", "-c", BRIDGES_UNFILTERED])
    with ThreadPoolExecutor(len(GUESTS)) as pool:
        list(pool.map(lab.guest, GUESTS))
    desk = Desk(lab)
    desk.write("main.kvm.hcl", CONFIGURATION)
    desk.run("init")
    yield desk


def test_networks_of_both_modes_as_users_make_them(desk: Desk) -> None:
    lab = desk.lab
    before = snapshot(lab)
    desk.run("apply", "--auto-approve")
    addresses = {guest: lab.guest_address(guest) for guest in GUESTS}
    assert [addresses[guest] for guest in GUESTS[:3]] == ["192.168.150.10", "192.168.150.11", "192.168.151.10"]

    _nat(lab, addresses)
    _bridged(lab, addresses)
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    desk.run("destroy", "--auto-approve")
    assert snapshot(lab) == before
    assert desk.run("state", "list") == ""


def _nat(lab: LabHost, addresses: dict[str, str]) -> None:
    assert "hello from web1" in fetch(lab, 8080)
    for guest in ("web1", "web2"):
        assert "hello from web1" in page(lab, guest, lab.address, 8080), "through the host's own address"
    for guest in ("web1", "db1"):
        client = page(lab, guest, str(INTERNET), 80, "/cgi-bin/client")
        assert f"hello from the outside to {lab.address}" in client, "the way out is with the host's address"
    assert "hello from web2" in page(lab, "web1", addresses["web2"], 8080)
    talk = ["sh", "-c", f"(echo 42; sleep 3) | nc -w 10 {lab.address} 7001"]
    assert until(lambda: lab.outside(talk, check=False).stdout) == "42\n"
    assert page(lab, "db1", addresses["web1"], 8080, seconds=0) == "", "tenants do not meet"
    assert page(lab, "web1", addresses["db1"], 8080, seconds=0) == ""


def _bridged(lab: LabHost, addresses: dict[str, str]) -> None:
    one, two = addresses["lan1"], addresses["lan2"]
    for guest in ("lan1", "lan2"):
        assert f"hello from {guest}" in served(lab, addresses[guest])
    for address, port, is_open in ((one, 8080, True), (one, 7777, False), (two, 8080, True), (two, 7777, True)):
        assert reached(lab, address, port, expected=is_open) is is_open
    assert "hello from lan2" in page(lab, "lan1", two, 8080)
    assert "hello from lan1" in page(lab, "lan2", one, 8080)

    for guest, passes in (("lan1", False), ("lan2", True)):
        own = lab.inside(guest, "cat /sys/class/net/eth0/address").stdout.strip()
        assert pinged(lab, guest, seconds=90)
        lab.inside(guest, "ip link set eth0 address 52:54:00:99:99:99")
        assert pinged(lab, guest, seconds=90 if passes else 0) is passes, "somebody else's MAC address"
        lab.inside(guest, f"ip link set eth0 address {own}")
        assert pinged(lab, guest, seconds=90)


def page(lab: LabHost, guest: str, address: str, port: int, path: str = "/", *, seconds: int = 90) -> str:
    """What the guest gets, trying for so long until something comes."""
    script = f"printf 'GET {path} HTTP/1.0\\r\\n\\r\\n' | timeout 8 nc -w 5 {address} {port} 2>/dev/null"
    deadline = time.monotonic() + seconds
    while True:
        said = lab.inside(guest, script, check=False).stdout
        if said or time.monotonic() >= deadline:
            return said


def pinged(lab: LabHost, guest: str, *, seconds: int) -> bool:
    """Whether the gateway answers the guest."""
    deadline = time.monotonic() + seconds
    while True:
        if lab.inside(guest, f"ping -c 2 -W 2 {GATEWAY}", check=False).returncode == 0:
            return True
        if time.monotonic() >= deadline:
            return False
