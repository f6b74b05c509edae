"""What kvmplan put into nft on a real host is there after a reboot and restarts, or it is drift and repaired."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from kvmplan.lab import LabHost
from kvmplan_nftables.persistence.kept import JOINER
from kvmplan_nftables.persistence.saved import FILE
from kvmplan_nftables.persistence.units import joiner

from .operator_desk import Desk

pytestmark = pytest.mark.lab
CONFIGURATION = """
resource "nftables_masquerade" "out" {
  source = "192.168.150.0/24"
}
resource "nftables_port_forward" "web" {
  port   = 8080
  target = "192.168.150.10"
}
resource "nftables_table" "mine" {
  name = "mine"
}
resource "nftables_set" "admins" {
  table    = nftables_table.mine.name
  name     = "admins"
  type     = "ipv4_addr"
  elements = ["192.0.2.7", "192.0.2.8"]
}
resource "nftables_chain" "input" {
  table    = nftables_table.mine.name
  name     = "input"
  type     = "filter"
  hook     = "input"
  priority = "filter + 10"
}
resource "nftables_rule" "admins" {
  table = nftables_table.mine.name
  chain = nftables_chain.input.name
  rule  = "tcp dport 2222 ip saddr != @${nftables_set.admins.name} counter drop"
}
resource "nftables_firewall" "web" {
  family    = "bridge"
  interface = "web"
  stateful  = false
  anti_spoofing {
    enabled = false
  }
}
"""
IN_THEIRS = """
resource "nftables_rule" "first" {
  table    = "filter"
  chain    = "input"
  position = "start"
  rule     = "tcp dport 2223 counter accept"
}
resource "nftables_rule" "last" {
  table = "filter"
  chain = "forward"
  rule  = "tcp dport 2224 accept"
}
"""
WEB = "nftables_port_forward.web"
OWN = {"nftables_masquerade.out", WEB, "nftables_firewall.web"}
MINE = {"nftables_table.mine", "nftables_set.admins", "nftables_chain.input", "nftables_rule.admins"}
UNIT = "kvmplan-nftables.service"
DROP_IN = "/etc/systemd/system/nftables.service.d"
TRACES = f"ls -d /etc/*kvmplan*nft* {DROP_IN}; systemctl cat {UNIT}; find /etc/systemd -name '*kvmplan*'"


@pytest.fixture(scope="module")
def desk(lab_token: str) -> Iterator[Desk]:
    with LabHost.up(f"{lab_token}-hold", segment=lab_token) as lab:
        desk = Desk(lab)
        desk.write("main.kvm.hcl", CONFIGURATION)
        yield desk


@pytest.fixture
def applied(desk: Desk) -> Iterator[Desk]:
    desk.run("apply", "--auto-approve")
    yield desk
    desk.run("destroy", "--auto-approve")
    left = desk.lab.run(["sh", "-c", TRACES], check=False).stdout
    assert left == "", "the last resource takes the unit and the file along"


def tables(desk: Desk) -> str:
    script = "nft -s list table inet kvmplan; nft -s list table bridge kvmplan; nft -s list table inet mine"
    return desk.lab.run(["sh", "-c", script]).stdout


def others(desk: Desk) -> str:
    ruleset = desk.lab.run(["nft", "-s", "list", "ruleset"]).stdout
    return re.sub(r"table \S+ (kvmplan|mine) \{\n[\s\S]*?\n\}\n", "", ruleset)


def test_a_reboot(applied: Desk) -> None:
    before = tables(applied)
    applied.lab.run(["touch", "/run/before"])
    applied.lab.reboot()
    assert applied.lab.run(["test", "-e", "/run/before"], check=False).returncode == 1, "it was no reboot"
    assert tables(applied) == before
    assert "No changes" in applied.run("plan")


@pytest.mark.parametrize(
    "deed",
    [
        "systemctl stop nftables; systemctl start nftables",
        "systemctl restart nftables",
        "systemctl reload nftables",
        "systemctl restart libvirtd",
    ],
)
def test_restarts_of_services(applied: Desk, deed: str) -> None:
    lab = applied.lab
    lab.run(["systemctl", "start", "nftables"])
    before, foreign = tables(applied), others(applied)
    lab.run(["sh", "-c", deed])
    assert tables(applied) == before, "and at once"
    assert others(applied) == foreign
    assert "No changes" in applied.run("plan")


@pytest.mark.parametrize(
    ("damage", "changed", "saved_anew"),
    [
        (f"echo '# mine' >>{FILE}", OWN, True),
        (f"rm {FILE}", OWN, True),
        ("rm /etc/kvmplan-nftables-others.sh", MINE, True),
        ("systemctl disable kvmplan-nftables-others", MINE, True),
        (f"rm /etc/systemd/system/{UNIT}; systemctl daemon-reload", OWN, True),
        (f"systemctl disable {UNIT}", OWN, True),
        (f"echo '[Service]' >{DROP_IN}/kvmplan.conf; systemctl daemon-reload", OWN, True),
        (f"sed -i s/192.168.150.10/192.168.150.66/ {FILE}", {WEB}, True),
        ("nft delete element inet kvmplan pf4 '{ tcp . 8080 }'", {WEB}, False),
        ("nft add rule inet kvmplan postrouting counter", set(), False),
        ("nft flush ruleset", {*OWN, *MINE}, False),
    ],
)
def test_damage_is_shown_by_those_whose_it_is_and_repaired(
    applied: Desk, damage: str, changed: set[str], saved_anew: bool
) -> None:
    before = tables(applied)
    applied.lab.run(["sh", "-c", damage])
    plan = applied.run("plan", "--no-color")
    assert set(re.findall(r"^  # (\S+) will be ", plan, re.MULTILINE)) == set(changed), plan
    assert len(re.findall(r"~ saved +=  *false -> true", plan)) == (len(changed) if saved_anew else 0), plan
    assert ("A stranger in table inet kvmplan" in plan) == ("nft add rule" in damage), plan
    applied.run("apply", "--auto-approve")
    assert "No changes" in applied.run("plan")
    applied.lab.run(["sh", "-c", f"nft delete table inet kvmplan; systemctl restart {UNIT}"])
    assert tables(applied) == before
    applied.lab.run(["nft", "flush", "ruleset"])
    applied.run("apply", "--auto-approve")


@pytest.mark.parametrize("deed", ["systemctl restart nftables", "systemctl reload nftables"])
def test_rules_in_chains_that_nftables_conf_makes(desk: Desk, deed: str) -> None:
    lab = desk.lab
    lab.run(["systemctl", "restart", "nftables"])
    foreign = others(desk)
    desk.write("main.kvm.hcl", CONFIGURATION + IN_THEIRS)
    desk.run("apply", "--auto-approve")
    before = others(desk)
    assert before != foreign
    lab.run(["sh", "-c", deed])
    assert others(desk) == before
    assert "No changes" in desk.run("plan")
    desk.run("destroy", "--auto-approve")
    assert others(desk) == foreign
    desk.write("main.kvm.hcl", CONFIGURATION)


def test_interfaces_start_what_has_them_join_flowtables(desk: Desk) -> None:
    """With a mark in place of nft: this machine's kernel may have no flowtables."""
    lab, names = desk.lab, ("br-x@1", "virbr9")
    text = joiner(UNIT, [(name, f"/bin/sh -c '[ ! -e /sys/class/net/{name} ] || touch /run/{name}'") for name in names])
    lab.run(["sh", "-c", f"cat >/etc/systemd/system/{JOINER}"], input=text)
    # In a container, systemd looks for udev when it starts only, which is too early.
    lab.run(["sh", "-c", f"systemctl daemon-reload; systemctl reenable {JOINER}; systemctl daemon-reexec"])
    try:
        for name in (*names, *names):
            lab.run(["ip", "link", "add", name, "type", "bridge"])
            joined = f"until [ -e /run/{name} ] && [ $(systemctl is-active {JOINER}) = inactive ]; do sleep 0.1; done"
            lab.run(["sh", "-c", joined])
            lab.run(["sh", "-c", f"ip link del {name}; rm /run/{name}"])
        # One comes while the unit is at work for another, and its own command has run.
        lab.put(f"/run/systemd/system/{JOINER}.d/slow.conf", "[Service]\nExecStopPost=sleep 5\n")
        lab.run(["systemctl", "daemon-reload"])
        for name in names:
            lab.run(["ip", "link", "add", name, "type", "bridge"])
            lab.run(["sh", "-c", f"until [ $(systemctl is-active {JOINER}) = deactivating ]; do sleep 0.1; done"])
        lab.run(["sh", "-c", f"until [ -e /run/{names[1]} ]; do sleep 0.1; done"])
    finally:
        written = f"/etc/systemd/system/{JOINER} /run/systemd/system/{JOINER}.d"
        lab.run(["sh", "-c", f"systemctl disable {JOINER}; rm -r {written}; systemctl daemon-reload"], check=False)
        lab.run(["sh", "-c", f"for name in {' '.join(names)}; do ip link del $name; done"], check=False)
