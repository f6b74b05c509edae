"""What guests are given: waited for, told of, and referred to, with real guests and libvirt's own DHCP service."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from kvmplan.lab import LabHost
from kvmplan_sdk import Object

from .libvirt_rig import Rig, rig_on
from .operator_desk import KVMPLAN, Desk, fetch, snapshot

pytestmark = pytest.mark.lab
WEB, DB = "libvirt_interface.web", "libvirt_interface.db"
LAN, TWO = "libvirt_network.lan", "libvirt_network.two"


@pytest.fixture(scope="module")
def lab(lab_token: str) -> Iterator[LabHost]:
    with LabHost.up(f"{lab_token}-waiting", segment=lab_token) as host:
        host.guest("web", minds_carrier=True)
        host.guest("db")
        yield host


@pytest.fixture
def rig(lab: LabHost) -> Iterator[Rig]:
    with rig_on(lab) as rig:
        yield rig


def network(name: str, number: int) -> dict[str, Any]:
    ip = {"address": f"10.{number}.0.1", "prefix": 24}
    dhcp = {"range": [{"start": f"10.{number}.0.100", "end": f"10.{number}.0.110"}]}
    return {"name": name, "mode": "open", "bridge": {"stp": False}, "ip": [{**ip, "dhcp": dhcp}]}


def nic(domain: str, on: str = "lan", **wait: Any) -> dict[str, Any]:
    return {"domain": domain, "network": on, "wait_for_address": {"source": "lease", "timeout": "120s", **wait}}


def of(rig: Rig, address: str) -> Any:
    return rig.there[address]


def tap_of(lab: LabHost, domain: str) -> str:
    return lab.run(["virsh", "-q", "domiflist", domain]).stdout.split()[0]


def test_all_nics_of_a_step_are_waited_for_together_after_everything_else(rig: Rig, lab: LabHost) -> None:
    written = {LAN: network("lan", 78), WEB: nic("web"), DB: nic("db"), TWO: network("two", 79)}
    outcomes = rig.together(written)
    assert [one.diagnostics for one in outcomes.values()] == [()] * 4
    assert list(outcomes)[:2] == [LAN, TWO]
    for address, domain in ((WEB, "web"), (DB, "db")):
        values = of(rig, address)
        told = outcomes[address].values
        assert told is not None
        assert values["addresses"] == told["addresses"] != []
        assert values["target"] == tap_of(lab, domain)
        assert rig.plan(address, written[address]) == values
    (lease,) = leases(rig, mac=of(rig, WEB)["mac"])
    assert [lease["address"]] == of(rig, WEB)["addresses"]
    (told_nic,) = interfaces(rig, domain="web")
    assert (told_nic["addresses"], told_nic["target"]) == (of(rig, WEB)["addresses"], of(rig, WEB)["target"])


def leases(rig: Rig, **asked: Any) -> list[Any]:
    with closing(rig.open()) as session:
        found: Any = session.read_data("libvirt_dhcp_leases", {"network": "lan", "mac": None, **asked})
    return list(found["leases"])


def interfaces(rig: Rig, **asked: Any) -> list[Any]:
    configuration: Object = {"domain": None, "network": None, "mac": None, "addresses_from": None, **asked}
    with closing(rig.open()) as session:
        found: Any = session.read_data("libvirt_interfaces", configuration)
    return list(found["interfaces"])


def test_a_guest_that_says_nothing_is_told_with_what_was_seen_and_waited_for_again(rig: Rig, lab: LabHost) -> None:
    rig.together({LAN: network("lan", 78), DB: nic("db")})
    lab.run(["virsh", "suspend", "web"])
    try:
        outcome = rig.together({WEB: nic("web", timeout="2s")})[WEB]
        tap = tap_of(lab, "web")
    finally:
        lab.run(["virsh", "resume", "web"])
    (problem,) = outcome.diagnostics
    assert problem.summary == f"NIC {of(rig, WEB)['mac']} of domain web got no address within 2 s"
    for said in ("The guest is paused.", f"Its tap {tap} is on virbr-lan.", "Network lan has 1 lease of other NICs."):
        assert said in problem.detail
    assert of(rig, WEB)["wait_for_address"] is None
    assert rig.together({WEB: nic("web")})[WEB].diagnostics == ()
    assert of(rig, WEB)["addresses"] != []


def test_a_lease_of_before_is_no_address(rig: Rig, lab: LabHost) -> None:
    """The lease of a NIC that was taken out is still there when it is plugged in again."""
    rig.together({LAN: network("lan", 78), WEB: nic("web")})
    (before,) = leases(rig)
    assert rig.delete(WEB).diagnostics == ()
    lab.run(["virsh", "suspend", "web"])
    try:
        outcome = rig.together({WEB: nic("web", timeout="2s")})[WEB]
    finally:
        lab.run(["virsh", "resume", "web"])
    (problem,) = outcome.diagnostics
    assert f"It has given {before['address']} to this NIC before, but not since." in problem.detail


def test_a_restart_of_libvirt_does_not_end_the_waiting(rig: Rig, lab: LabHost) -> None:
    rig.together({LAN: network("lan", 78)})
    lab.run(["virsh", "suspend", "web"])

    plugged = "until grep -q '<interface' /run/libvirt/qemu/web.xml; do sleep 0.01; done"
    meanwhile = ["sh", "-c", f"{plugged}; sleep 1; systemctl restart libvirtd; virsh resume web"]
    with ThreadPoolExecutor(1) as pool:
        restart = pool.submit(lab.run, meanwhile, timeout=240)
        outcome = rig.together({WEB: nic("web")})[WEB]
        restart.result()
    assert outcome.diagnostics == ()
    assert of(rig, WEB)["addresses"] != []


def test_a_guest_whose_nic_is_moved_gets_an_address_there_while_it_runs(rig: Rig, lab: LabHost) -> None:
    rig.together({LAN: network("lan", 78), TWO: network("two", 79), WEB: nic("web")})
    tap = of(rig, WEB)["target"]
    assert of(rig, WEB)["addresses"][0].startswith("10.78.")
    assert rig.together({WEB: nic("web", "two")})[WEB].diagnostics == ()
    assert of(rig, WEB)["addresses"][0].startswith("10.79.")
    assert (of(rig, WEB)["target"], of(rig, WEB)["link_state"]) == (tap, "up")
    lab.run(["busybox", "ping", "-c", "3", "-W", "15", of(rig, WEB)["addresses"][0]])


def test_the_hosts_neighbours_tell_of_a_guest_on_a_bridge(rig: Rig, lab: LabHost) -> None:
    rig.together({LAN: network("lan", 78)})
    written: Object = {"domain": "web", "bridge": "virbr-lan", "wait_for_address": {"source": "arp", "timeout": "120s"}}
    assert rig.together({WEB: written})[WEB].diagnostics == ()
    neighbours = json.loads(lab.run(["ip", "-j", "neigh", "show", "dev", "virbr-lan"]).stdout)
    mac = of(rig, WEB)["mac"]
    assert of(rig, WEB)["addresses"] == [one["dst"] for one in neighbours if one.get("lladdr") == mac] != []


def interrupted(desk: Desk, number: signal.Signals) -> int:
    """Apply as somebody who loses patience while the NIC that is plugged in is waited for; the exit code."""
    apply = shlex.join([*KVMPLAN, "apply", "--auto-approve"])
    command = ["sh", "-c", f"echo $$ > {desk.folder}/pid; exec {apply} > {desk.folder}/said 2>&1"]
    desk.lab.run(["rm", "-f", f"{desk.folder}/said"])
    process = subprocess.Popen(desk.lab.command(command, cwd=desk.folder), stdin=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    plugged = "grep -qE 'libvirt_interface.web: (Creating|Modifying)' said && virsh -q domiflist web | grep -q vnet"
    while desk.lab.run(["sh", "-c", f"cd {desk.folder}; {plugged}"], check=False).returncode:
        assert time.monotonic() < deadline
        time.sleep(0.2)
    time.sleep(2)
    started = time.monotonic()
    desk.lab.run(["kill", f"-{number}", desk.lab.run(["cat", f"{desk.folder}/pid"]).stdout.strip()])
    status = process.wait(timeout=90)
    assert time.monotonic() - started < 45, "it would have waited for a minute and a half"
    return status


def test_an_address_is_referred_to_by_a_rule_and_an_output(lab: LabHost) -> None:
    desk = Desk(lab, "/root/leased")
    before = snapshot(lab)
    desk.copy_example("leased-address")
    desk.write("guest.auto.kvmvars.hcl", 'guest = "web"')
    lab.run(["virsh", "suspend", "web"])
    try:
        assert interrupted(desk, signal.SIGKILL) != 0
        assert "+ wait_for_address {" in desk.run("plan")
        assert interrupted(desk, signal.SIGINT) == 1
    finally:
        lab.run(["virsh", "resume", "web"])
    assert "libvirt_interface.web" in desk.run("state", "list")
    planned = desk.run("plan")
    assert "+ wait_for_address {" in planned
    desk.run("apply", "--auto-approve")
    address = desk.run("output", "-raw", "address")
    assert address.startswith("192.168.152.")
    assert "hello from web" in fetch(lab, 8080)
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    lab.run(["virsh", "reboot", "web"])
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    desk.run("destroy", "--auto-approve")
    assert snapshot(lab) == before
