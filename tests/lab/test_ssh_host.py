"""The same on another host over SSH: kvmplan runs on one lab host and changes a second one."""

from __future__ import annotations

import pytest

from .conftest import HostFactory
from .operator_desk import Desk, fetch, snapshot

pytestmark = pytest.mark.lab


def test_nat_web_on_a_second_host_over_ssh(lab_host: HostFactory) -> None:
    desk_host, kvm = lab_host("desk"), lab_host("kvm")
    kvm.guest("web1")
    before, untouched = snapshot(kvm), snapshot(desk_host)
    desk = Desk(desk_host)
    desk.copy_example("nat-web")
    desk.write("host.kvm.hcl", f'host "kvm" {{\n  address = "ssh://root@{kvm.name}"\n}}\n')

    planned = desk.run("plan", "--detailed-exitcode", status=2)
    assert "kvm / libvirt" in planned
    assert "6 added" in desk.run("apply", "--auto-approve")
    assert "hello from web1" in fetch(kvm, 8080)
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
    assert snapshot(desk_host) == untouched
    desk.run("apply", "--auto-approve", "--var", "port=9090")
    assert "hello from web1" in fetch(kvm, 9090)

    desk.write("main.kvm.hcl", 'output "nothing" { value = "left" }\n')
    desk.write("host.kvm.hcl", "")
    gone = desk.run("apply", "--auto-approve")
    assert "6 destroyed" in gone, "the host is found by its address in the state, its block being gone"
    assert snapshot(kvm) == before


def test_hosts_by_for_each(lab_host: HostFactory) -> None:
    desk_host, kvm = lab_host("desk"), lab_host("kvm")
    desk = Desk(desk_host)
    desk.copy_example("two-hosts")
    hosts = ("--var", f'hosts={{ here = "local", there = "ssh://root@{kvm.name}" }}')
    assert "2 added" in desk.run("apply", "--auto-approve", *hosts)
    for lab in (desk_host, kvm):
        assert "lan" in lab.run(["virsh", "-q", "net-list"]).stdout
    shown = desk.run("state", "show", 'libvirt_network.lan["there"]')
    assert 'on kvm["there"]' in shown
    desk.run("destroy", "--auto-approve", *hosts)
    assert "lan" not in kvm.run(["virsh", "-q", "net-list", "--all"]).stdout
