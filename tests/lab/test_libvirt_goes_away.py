"""libvirtd killed, restarted, stopped or hanging during an apply: it is finished, or told plainly and finished next."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kvmplan.lab import LabHost

from .conftest import HostFactory
from .operator_desk import CODE, KVMPLAN, Desk

pytestmark = pytest.mark.lab
GUEST = "web"
CONFIGURATION = """
variable "mtu" {
  default = 1500
}
resource "libvirt_network" "n" {
  count = 8
  name  = "n${count.index}"
  mode  = count.index % 2 == 0 ? "nat" : "isolated"
  mtu   = var.mtu
  ip {
    address = "10.60.${count.index}.1"
    prefix  = 24
    dhcp {
      range {
        start = "10.60.${count.index}.100"
        end   = "10.60.${count.index}.200"
      }
    }
  }
}
resource "libvirt_interface" "web" {
  count   = 4
  domain  = "web"
  network = libvirt_network.n[count.index].name
  mac     = "52:54:00:00:60:0${count.index}"
}
"""
KILL = "until kill -9 $(cat /run/libvirtd.pid); do sleep 0.01; done"
RESTART = "until systemctl restart libvirtd; do sleep 0.01; done"
"""Until it works: at this moment libvirtd may be on its way up, because another moment came just before."""
STOP = """
systemctl stop --no-block libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket libvirtd
while systemctl is-active -q libvirtd; do sleep 0.01; done
"""
HANG = "kill -STOP $(cat /run/libvirtd.pid)"
HOOK = """#!/bin/sh
[ "$1 $2" = "n3 start" ] && mv /run/deed /run/done 2>/dev/null && . /run/done >/dev/null 2>&1
exit 0
"""
MADE = (
    "[ -e /etc/libvirt/qemu/networks/n1.xml ]",
    "[ -e /sys/class/net/virbr-n3 ]",
    "[ -e /run/libvirt/network/n5.pid ]",
)
"""Moments: a definition is there, a bridge, a dnsmasq. Then a tap."""
PLUGGED = ("grep -q 52:54:00:00:60:01 /run/libvirt/qemu/web.xml",)
CHANGED = (
    "[ $(cat /sys/class/net/virbr-n1/ifindex)0 != $(cat /run/before.n1)0 ]",
    "grep -q 1400 /sys/class/net/virbr-n2/mtu",
    "[ $(cat /sys/class/net/virbr-n6/ifindex)0 != $(cat /run/before.n6)0 ]",
)
"""A bridge is gone, or back already as another one: whoever looks seldom does not miss that. `NOTE` comes before."""
NOTE = "for n in n1 n6; do cat /sys/class/net/virbr-$n/ifindex >/run/before.$n; done"
GONE = ("[ ! -e /sys/class/net/virbr-n2 ]", "[ ! -e /etc/libvirt/qemu/networks/n5.xml ]")
ON_BRIDGES = "for tap in /sys/class/net/vnet*; do basename $(readlink $tap/master); done"


@pytest.fixture
def desk(lab_host: HostFactory) -> Desk:
    lab = lab_host("away")
    lab.guest(GUEST)
    desk = Desk(lab)
    desk.write("main.kvm.hcl", CONFIGURATION)
    return desk


@contextmanager
def at(lab: LabHost, *moments: str, do: str) -> Iterator[None]:
    """At each of ``moments``, conditions in shell, something is done to libvirtd; each has come by the end."""
    watch = "exec 2>/dev/null; until {}; do sleep 0.002; done; systemctl reset-failed; {}"
    scripts = [watch.format(moment, do) for moment in moments]
    waiting = [subprocess.Popen(lab.command(["sh", "-c", script], cwd="/root")) for script in scripts]
    try:
        yield
        assert [process.wait(120) for process in waiting] == [0] * len(moments)
    finally:
        for process in waiting:
            process.kill()


def while_n3_starts(lab: LabHost, deed: str) -> None:
    """Once, and done by libvirt's own hook, so that libvirt cannot be done with everything before."""
    lab.put("/etc/libvirt/hooks/network", HOOK, 0o755)
    lab.put("/run/deed", deed)
    lab.run(["systemctl", "restart", "libvirtd"])


def life(lab: LabHost) -> str:
    """Something that changes when the guest does not live on."""
    return lab.run(["sh", "-c", f"cat /run/libvirt/qemu/{GUEST}.pid"]).stdout


def bridges(lab: LabHost) -> list[str]:
    return sorted(lab.run(["sh", "-c", ON_BRIDGES]).stdout.split())


def take_out_as_told(lab: LabHost, said: str) -> None:
    """Of a NIC that QEMU kept, by the commands that kvmplan names; a guest takes its time to let go of a device."""
    told = re.search(r"--hmp '(device_del (net\d+))'.*--hmp '(netdev_del \S+)'", " ".join(said.split()))
    assert told is not None, said
    hmp = f"virsh qemu-monitor-command {GUEST} --hmp"
    plugged = f"{hmp} 'info qtree' | grep -q '\"{told[2]}\"'"
    lab.run(["sh", "-ec", f"while {hmp} '{told[1]}'; sleep 1; {plugged}; do sleep 1; done; {hmp} '{told[3]}'"])


@pytest.mark.parametrize("half", [False, True], ids=["whole", "half"])
def test_a_nic_that_qemu_kept_is_told_with_the_way_to_take_it_out(desk: Desk, half: bool) -> None:
    """As libvirt leaves one when it is killed between two of QEMU's commands."""
    monitor = ["virsh", "qemu-monitor-command", GUEST, "--hmp"]
    desk.lab.run([*monitor, "netdev_add hubport,id=hostnet0,hubid=0"])
    if not half:
        desk.lab.run([*monitor, "device_add virtio-net-pci,netdev=hostnet0,id=net0"])
    said = desk.run("apply", "-auto-approve", status=1)
    take_out_as_told(desk.lab, said)
    desk.run("apply", "-auto-approve")
    assert "found no differences" in desk.run("plan")


def done(desk: Desk, *arguments: str, moments: tuple[str, ...], deed: str, told: str) -> None:
    """Run a command while something is done to libvirtd at each of ``moments``: it tells what it did, or what to do."""
    with at(desk.lab, *moments, do=deed):
        said = desk.run(*arguments, status=(0, 1))
    if told in said:
        return
    if "Duplicate " in said:  # a NIC was being plugged in at the very moment
        take_out_as_told(desk.lab, said)
    else:  # on a busy machine it may come back too late, or all moments may come in one operation
        assert re.search("libvirt on local went away|End of file while|client socket is closed|Broken pipe", said), said
    desk.run(*arguments)


@pytest.mark.parametrize("deed", [KILL, RESTART], ids=["killed", "restarted"])
def test_an_apply_is_finished_in_spite_of(desk: Desk, deed: str) -> None:
    lab, before = desk.lab, life(desk.lab)
    apply, mtu = ("apply", "-auto-approve"), ("-var", "mtu=1400")
    done(desk, *apply, moments=(*MADE, *PLUGGED), deed=deed, told="Resources: 12 added, 0 changed, 0 destroyed")
    assert bridges(lab) == [f"virbr-n{number}" for number in range(4)]
    assert "found no differences" in desk.run("plan")
    lab.run(["sh", "-ec", NOTE])
    done(desk, *apply, *mtu, moments=CHANGED, deed=deed, told="Resources: 0 added, 8 changed, 0 destroyed")
    assert bridges(lab) == [f"virbr-n{number}" for number in range(4)]
    assert "found no differences" in desk.run("plan", *mtu)
    done(desk, "destroy", "-auto-approve", moments=GONE, deed=deed, told="Resources: 12 destroyed")
    assert lab.run(["virsh", "-q", "net-list", "--all"]).stdout.strip() == ""
    assert "virbr" not in lab.run(["ip", "-br", "link"]).stdout
    assert life(lab) == before


LEFT = """
virsh net-destroy n0
mac=$(virsh net-dumpxml --inactive n0 | sed -n "s/.*<mac address='\\(.*\\)'.*/\\1/p")
ip link add virbr-n0 address $mac up type bridge
for tap in /sys/class/net/vnet*; do
  [ -e $tap/master ] || ip link set ${tap##*/} master virbr-n0
done
"""


def test_a_network_that_was_being_stopped_is_started_with_its_guests(desk: Desk) -> None:
    """A libvirt that is killed then takes it to be stopped, and leaves the bridge with the taps on it."""
    desk.run("apply", "-auto-approve")
    before = bridges(desk.lab)
    desk.lab.run(["sh", "-ec", LEFT])
    assert bridges(desk.lab) == before
    assert "1 changed" in desk.run("apply", "-auto-approve")
    assert bridges(desk.lab) == before
    assert "found no differences" in desk.run("plan")


def test_one_that_stays_away_is_told_once_and_the_next_apply_does_the_rest(desk: Desk) -> None:
    while_n3_starts(desk.lab, STOP)
    said = " ".join(desk.run("apply", "-auto-approve", status=1).split())
    assert said.count("Error: libvirt on local went away") == 1
    assert "systemctl enable --now libvirtd.socket" in said
    assert "libvirt is not running" in desk.run("plan", status=1)
    desk.lab.run(["systemctl", "start", "libvirtd.socket"])
    desk.run("apply", "-auto-approve")
    assert "found no differences" in desk.run("plan")


def test_what_a_rollback_cannot_reach_is_named_and_stays_in_state(desk: Desk) -> None:
    while_n3_starts(desk.lab, STOP)
    said = desk.run("apply", "-auto-approve", "--on-failure=rollback", status=1)
    assert "Rollback incomplete. Not as before: " in said
    desk.lab.run(["systemctl", "start", "libvirtd.socket"])
    desk.run("destroy", "-auto-approve")
    assert desk.lab.run(["virsh", "-q", "net-list", "--all"]).stdout.strip() == ""
    assert "virbr" not in desk.lab.run(["ip", "-br", "link"]).stdout


def test_one_that_hangs_is_noticed_and_can_be_interrupted(desk: Desk) -> None:
    resume = ["sh", "-c", "kill -CONT $(cat /run/libvirtd.pid)"]
    while_n3_starts(desk.lab, HANG)
    said = " ".join(desk.run("apply", "-auto-approve", status=1).split())
    assert said.count("Error: libvirt on local went away") == 1
    assert "takes connections, but says nothing" in said
    started = time.monotonic()
    desk.lab.run(["timeout", "-s", "INT", "3", *KVMPLAN, "plan"], cwd=desk.folder, check=False, env=CODE)
    assert time.monotonic() - started < 25, "after half a minute it would have given up by itself"
    desk.lab.run(resume)
    desk.run("apply", "-auto-approve")
    assert "found no differences" in desk.run("plan")


def test_what_went_away_since_the_plan_was_made(desk: Desk) -> None:
    """A dnsmasq, a guest that runs, and the domain itself."""
    lab = desk.lab
    desk.run("apply", "-auto-approve", "-target", "libvirt_network.n")
    desk.run("plan", "-out", "nics.plan")
    lab.run(["virsh", "destroy", GUEST])
    assert "Resources: 4 added" in desk.run("apply", "nics.plan")
    assert "found no differences" in desk.run("plan")
    desk.write("main.kvm.hcl", CONFIGURATION.replace("count   = 4", "count   = 5"))
    desk.run("plan", "-out", "fifth.plan")
    lab.run(["virsh", "undefine", GUEST])
    said = desk.run("apply", "fifth.plan", status=1)
    assert f"There is no domain {GUEST}" in said
    assert "Plan again." in said
    lab.run(["sh", "-c", "n=$(cat /run/libvirt/network/n0.pid); kill $n; while kill -0 $n; do sleep 0.1; done"])
    served = CONFIGURATION.partition('resource "libvirt_interface"')[0].replace(".200", ".210")
    desk.write("main.kvm.hcl", served)
    assert "8 changed" in desk.run("apply", "-auto-approve")
    assert lab.run(["sh", "-c", "kill -0 $(cat /run/libvirt/network/n0.pid)"]).returncode == 0
    assert "found no differences" in desk.run("plan")
