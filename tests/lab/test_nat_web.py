"""kvmplan's main job end to end: `examples/nat-web` on a real host with a booted guest, seen from outside."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator

import pytest

from kvmplan.lab import LabHost

from .conftest import HostFactory
from .operator_desk import Desk, fetch, snapshot

pytestmark = pytest.mark.lab

ECHO = """
variable "echo_port" {
  type    = number
  default = 7001
}

resource "nftables_port_forward" "echo" {
  port        = var.echo_port
  target      = local.address
  target_port = 7777
}
"""


class Connection:
    """A TCP connection from outside to the guest's echo service, held open by nc in the outside namespace."""

    def __init__(self, lab: LabHost, port: int) -> None:
        self._process = subprocess.Popen(
            lab.outside_command(["nc", lab.address, str(port)]), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def echo(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()
        return self._process.stdout.readline().decode().strip()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def desk(lab_host: HostFactory) -> Iterator[Desk]:
    lab = lab_host("web")
    lab.guest("web1")
    desk = Desk(lab)
    desk.copy_example("nat-web")
    yield desk


def test_the_whole_life_of_nat_web(desk: Desk) -> None:
    lab = desk.lab
    before = snapshot(lab)
    desk.write("echo.kvm.hcl", ECHO)

    assert "7 to add, 0 to change, 0 to destroy" in desk.run("plan", "--detailed-exitcode", status=2)
    assert "7 added, 0 changed, 0 destroyed" in desk.run("apply", "--auto-approve")
    assert "hello from web1" in fetch(lab, 8080)
    assert "hello" in fetch(lab, 8080, "/cgi-bin/outside"), "the guest reaches the outside"
    assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")

    connection = Connection(lab, 7001)
    try:
        assert connection.echo("before") == "before"
        changed = desk.run("plan", "--var", "echo_port=7002", "--detailed-exitcode", status=2)
        assert "0 to add, 1 to change, 0 to destroy" in changed
        assert "~ port = 7001 -> 7002" in " ".join(changed.split())
        desk.run("apply", "--auto-approve", "--var", "echo_port=7002")
        assert connection.echo("after") == "after", "a connection that was open goes on"
    finally:
        connection.close()
    again = Connection(lab, 7002)
    assert again.echo("anew") == "anew"
    again.close()

    _repair_what_was_removed_by_hand(desk)

    desk.run("destroy", "--auto-approve", "--var", "echo_port=7002")
    assert snapshot(lab) == before
    assert desk.run("state", "list") == ""
    assert "<interface" not in lab.run(["virsh", "dumpxml", "web1"]).stdout


def _repair_what_was_removed_by_hand(desk: Desk) -> None:
    lab, options = desk.lab, ("--var", "echo_port=7002")
    lab.run(["ip", "link", "delete", "br-backend"])
    drift = desk.run("plan", *options, "--detailed-exitcode", status=2)
    assert "Objects have changed outside of kvmplan" in drift
    assert "netplan_bridge.backend" in drift
    desk.run("apply", "--auto-approve", *options)
    assert "10.150.0.1/24" in lab.run(["ip", "-br", "address", "show", "br-backend"]).stdout
    assert desk.run("plan", *options, "--detailed-exitcode").startswith("No changes.")
    ports = lab.run(["sh", "-c", "ls /sys/class/net/br-backend/brif"]).stdout.split()
    assert len(ports) == 1, "the guest's NIC is on the new bridge as it was on the old one"


def test_the_saved_plan_is_carried_out_and_goes_stale(desk: Desk) -> None:
    desk.run("plan", "--out", "web.plan")
    assert "6 to add" in desk.run("show", "web.plan")
    assert "6 added" in desk.run("apply", "web.plan")
    stale = desk.run("apply", "web.plan", status=1)
    assert "Saved plan is stale" in stale
    desk.run("destroy", "--auto-approve")


def test_a_killed_apply_is_completed_by_the_next(desk: Desk) -> None:
    """SIGKILL at moments spread over the whole apply: the next one completes it, nothing orphaned, nothing doubled."""
    lab = desk.lab
    before = snapshot(lab)
    started = time.monotonic()
    desk.run("apply", "--auto-approve")
    whole = time.monotonic() - started
    desk.run("destroy", "--auto-approve")
    for tenth in range(3, 11):
        process = desk.start("apply", "--auto-approve")
        time.sleep(whole * tenth / 10)
        lab.run(["pkill", "-KILL", "-f", "kvmplan apply"], check=False)
        process.wait(timeout=240)  # where it had not begun yet, it was not killed
        desk.run("apply", "--auto-approve")
        assert desk.run("plan", "--detailed-exitcode").startswith("No changes.")
        assert len(desk.run("state", "list").split()) == 6
        assert lab.run(["virsh", "dumpxml", "web1"]).stdout.count("<interface") == 2
        assert lab.run(["nft", "list", "ruleset"]).stdout.count("nftables_port_forward.page") >= 1
        desk.run("destroy", "--auto-approve")
        assert snapshot(lab) == before
