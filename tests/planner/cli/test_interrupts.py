"""Interrupts as users send them: once, and what is in flight is finished; twice, and what is known is saved at once."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .kvmplan_command import environment, kvmplan

TWO = """
resource "toy_thing" "a" {
  name = "a"
}
resource "toy_thing" "b" {
  name = "b"
}
resource "toy_thing" "c" {
  name   = "c"
  parent = toy_thing.b.id
}
"""


def begun(project: Path, slow: str, *options: str) -> subprocess.Popen[str]:
    """An apply in ``project`` that has come to the thing ``slow``, and waits there for a file ``go``."""
    (project / "main.kvm.hcl").write_text(TWO)
    (project / "world.json").write_text(json.dumps({"faults": [{"address": slow, "when": "slow"}]}))
    process = subprocess.Popen(
        [sys.executable, "-m", "kvmplan", "apply", "--auto-approve", *options],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    heard(process, "toy_thing.a: Creation complete" if slow == "toy_thing.b" else "toy_thing.a: Creating...")
    return process


def heard(process: subprocess.Popen[str], text: str) -> None:
    """Read until it says so."""
    assert process.stdout is not None
    assert any(text in line for line in process.stdout), text


def interrupted(process: subprocess.Popen[str], number: signal.Signals) -> None:
    """Once; two that come before it has noticed the first are one."""
    process.send_signal(number)
    heard(process, "Interrupt received")


def things(project: Path) -> list[str]:
    hosts = json.loads((project / "world.json").read_bytes())["hosts"]
    return sorted(thing["values"]["name"] for thing in hosts.get("local", {}).values())


def state_list(project: Path) -> list[str]:
    return kvmplan("state", "list", cwd=project).stdout.split()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_ends_after_what_is_in_flight(tmp_path: Path, number: signal.Signals) -> None:
    process = begun(tmp_path, "toy_thing.a", "--on-failure", "rollback")
    interrupted(process, number)
    (tmp_path / "go").touch()
    stdout, stderr = process.communicate(timeout=60)
    assert stderr == ""
    assert process.returncode == 1
    assert "Apply interrupted. Done: 2 added" in stdout
    assert "Not tried: create toy_thing.c" in stdout
    assert "olled back" not in stdout, "an interrupt is no failure"
    assert state_list(tmp_path) == ["toy_thing.a", "toy_thing.b"]
    assert kvmplan("apply", "--auto-approve", cwd=tmp_path).status == 0
    assert things(tmp_path) == ["a", "b", "c"]


def test_two_end_at_once_with_what_is_known_saved(tmp_path: Path) -> None:
    process = begun(tmp_path, "toy_thing.b")
    interrupted(process, signal.SIGINT)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=120)  # what is under way would wait for ever
    assert process.returncode == 130
    assert stderr == "\nStopped at once. What is known is saved; the next kvmplan looks for what was under way.\n"
    assert json.loads((tmp_path / "kvmplan.state.json").read_bytes())["resources"][0]["name"] == "a"
    assert state_list(tmp_path) == ["toy_thing.a"]
    assert things(tmp_path) == ["a"]
    (tmp_path / "go").touch()
    assert kvmplan("apply", "--auto-approve", cwd=tmp_path).status == 0
    assert things(tmp_path) == ["a", "b", "c"]
    assert not list(tmp_path.glob("*.journal"))


def test_a_failure_is_rolled_back_when_asked_to(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(TWO)
    (tmp_path / "world.json").write_text(json.dumps({"faults": [{"address": "toy_thing.c", "when": "before"}]}))
    done = kvmplan("apply", "--auto-approve", "--on-failure=rollback", cwd=tmp_path)
    assert done.status == 1
    assert "Rolling back: 2 operations to undo." in done.stdout
    assert "Rolled back: everything is as it was before." in done.stdout
    assert things(tmp_path) == []
    assert state_list(tmp_path) == []
    assert kvmplan("apply", "--auto-approve", "-on-failure=keep", cwd=tmp_path).status == 0


def test_an_apply_goes_on_though_nothing_can_be_written_for_its_reader(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(TWO)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "kvmplan", "apply", "--auto-approve"],
            cwd=tmp_path,
            env=environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "Error: Cannot write the output\n\nNo space left on device. Whatever this command did is done" in done.stderr
    assert state_list(tmp_path) == ["toy_thing.a", "toy_thing.b", "toy_thing.c"]
    assert things(tmp_path) == ["a", "b", "c"]
