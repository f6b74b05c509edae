"""Hosts that cannot do what is asked: placed diagnostics that say what to do, exit 1, and nothing changed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kvmplan.lab import LabHost

from .operator_desk import KVMPLAN, Desk

pytestmark = pytest.mark.lab

NETWORK = """
resource "libvirt_network" "lan" {
  name = "lan"

  ip {
    address = "192.168.77.1"
    prefix  = 24
  }
}
"""
FORWARD = """
resource "nftables_port_forward" "web" {
  port   = 8080
  target = "192.168.77.10"
}
"""


@pytest.fixture(scope="module")
def lab(lab_token: str) -> Iterator[LabHost]:
    with LabHost.up(f"{lab_token}-unfit", segment=lab_token) as host:
        yield host


def desk(lab: LabHost, folder: str, text: str) -> Desk:
    desk = Desk(lab, f"/root/{folder}")
    desk.write("main.kvm.hcl", text)
    return desk


def test_host_unreachable(lab: LabHost) -> None:
    nobody = 'host "kvm" {\n  address = "ssh://root@203.0.113.250"\n}\n'
    said = desk(lab, "unreachable", nobody + NETWORK).run("plan", status=1)
    assert "203.0.113.250" in said
    assert "Error:" in said


def test_libvirt_not_running(lab: LabHost) -> None:
    lab.run(["sh", "-c", "systemctl stop libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd.service"])
    try:
        said = desk(lab, "stopped", NETWORK).run("plan", status=1)
    finally:
        lab.run(["systemctl", "start", "libvirtd.socket", "libvirtd.service"])
    assert "libvirt" in said
    assert "systemctl" in said


def test_not_root(lab: LabHost) -> None:
    lab.run(["sh", "-c", "mkdir -p /tmp/nobody && chown nobody /tmp/nobody"])
    lab.put("/tmp/nobody/main.kvm.hcl", FORWARD)
    done = lab.run(
        ["setpriv", "--reuid=nobody", "--clear-groups", *KVMPLAN, "plan"],
        cwd="/tmp/nobody",
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "Traceback" not in said
    assert "root" in said
    assert "sudo" in said


def test_a_forward_into_a_network_that_libvirt_filters(lab: LabHost) -> None:
    said = desk(lab, "filtered", NETWORK + FORWARD).run("plan", status=1)
    assert 'mode = "open"' in " ".join(said.split()), "it says what to write instead"
    assert 'main.kvm.hcl line 13, in resource "nftables_port_forward" "web"' in said


def test_overlapping_subnets(lab: LabHost) -> None:
    other = NETWORK.replace('"lan"', '"other"').replace("77.1", "77.129").replace("= 24", "= 25")
    said = desk(lab, "overlap", NETWORK + other).run("plan", status=1)
    assert "overlap" in said
    assert "192.168.77.128/25" in said


def test_a_foreign_network_of_the_same_name(lab: LabHost) -> None:
    xml = "<network><name>lan</name><bridge name='virbr9'/><ip address='192.168.78.1' prefix='24'/></network>"
    lab.put("/root/foreign.xml", xml)
    lab.run(["virsh", "net-define", "/root/foreign.xml"])
    try:
        said = desk(lab, "foreign", NETWORK).run("plan", status=1)
        assert "lan" in said
        assert lab.run(["virsh", "-q", "net-list", "--all"]).stdout.count("lan") == 1
    finally:
        lab.run(["virsh", "net-undefine", "lan"])


def test_a_domain_that_does_not_exist(lab: LabHost) -> None:
    interface = 'resource "libvirt_interface" "web" {\n  domain  = "nobody"\n  network = libvirt_network.lan.name\n}\n'
    said = desk(lab, "domain", NETWORK + interface).run("plan", status=1)
    assert "nobody" in said
    assert "line 11" in said, "placed at the argument"
