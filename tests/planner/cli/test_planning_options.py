"""The options that say what a plan covers: how they are written, and what is wrong with them, all at once."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .kvmplan_command import environment, kvmplan

CONFIGURATION = """
resource "toy_thing" "a" {
  name = "a"
}
resource "toy_thing" "b" {
  name = "b"
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.kvm.hcl").write_text(CONFIGURATION)
    return tmp_path


def planned(project: Path, *options: str) -> dict[str, str]:
    said = kvmplan("plan", "--out=p", *options, cwd=project)
    assert said.status == 0, said.stderr
    said = kvmplan("show", "--json", "p", cwd=project)
    return {change["address"]: change["change"]["actions"][0] for change in json.loads(said.stdout)["resource_changes"]}


def test_files_name_addresses_line_by_line(project: Path) -> None:
    (project / "some.txt").write_text("# today\n\n  toy_thing.a  \n")
    assert planned(project, "-target-file=some.txt") == {"toy_thing.a": "create"}
    assert planned(project, "-exclude-file", "some.txt") == {"toy_thing.b": "create"}
    assert planned(project, "-target=toy_thing.b", "-target-file=some.txt").keys() == {"toy_thing.a", "toy_thing.b"}


def test_everything_wrong_is_said_at_once(project: Path) -> None:
    (project / "some.txt").write_text("toy_thing.a\n  toy_thing\n")
    options = ["--target-file=some.txt", "--target-file=none.txt", "--exclude=a b", "--replace=module.m"]
    said = kvmplan("plan", "--destroy", *options, cwd=project)
    assert said.status == 1
    assert [line for line in said.stderr.splitlines() if line.startswith("Error: ")] == [
        "Error: Both --target and --exclude",
        "Error: Replacement of what is destroyed",
        "Error: Invalid address",
        "Error: Invalid address",
        "Error: Cannot read none.txt",
        "Error: Invalid address",
    ]
    assert "on some.txt line 2" in said.stderr
    assert "--target-file names it: No such file or directory." in said.stderr
    assert "   2:   toy_thing\n        ^^^^^^^^^" in said.stderr


def test_an_address_of_nothing_is_an_error_with_a_suggestion(project: Path) -> None:
    said = kvmplan("plan", "--target=toy_thing.aa", cwd=project)
    assert said.status == 1
    assert "neither the configuration nor the state has it" in said.stderr


def test_a_saved_plan_takes_no_options_for_planning(project: Path) -> None:
    assert kvmplan("plan", "--out=p", "--target=toy_thing.a", cwd=project).status == 0
    said = kvmplan("apply", "--target=toy_thing.a", "--refresh=false", "p", cwd=project)
    assert said.status == 1
    assert "--target and --refresh cannot change a plan" in said.stderr
    assert "This plan covers a part of the configuration only." in kvmplan("show", "p", cwd=project).stdout
    said = kvmplan("apply", "p", cwd=project)
    assert said.status == 0
    assert "Warning: Applied changes may be incomplete" in said.stderr
    assert json.loads(kvmplan("show", "--json", "p", cwd=project).stdout)["complete"] is False


def test_without_refreshing_drift_is_not_seen(project: Path) -> None:
    assert kvmplan("apply", "--auto-approve", cwd=project).status == 0
    world = json.loads((project / "world.json").read_text())
    world["hosts"]["local"].clear()
    (project / "world.json").write_text(json.dumps(world))
    assert set(planned(project, "-refresh=false").values()) == {"no-op"}
    assert set(planned(project).values()) == {"create"}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_while_hosts_are_read_ends_at_once(project: Path, number: signal.Signals) -> None:
    assert kvmplan("apply", "--auto-approve", cwd=project).status == 0
    (project / "hang").touch()
    process = subprocess.Popen(
        [sys.executable, "-m", "kvmplan", "apply", "--auto-approve"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "Reading local / toy" in process.stderr.readline(), "it takes its time"
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=120)
    assert (process.returncode, stdout, stderr) == (130, "", "\nInterrupted.\n")
    (project / "hang").unlink()
    assert kvmplan("plan", cwd=project).status == 0, "nobody holds the lock"


def typed_at_a_terminal(project: Path, arguments: list[str], answers: list[str]) -> tuple[int, str]:
    """What a command shows on a terminal where ``answers`` are typed, one for each "Enter a value"."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.chdir(project)
        os.execve(sys.executable, [sys.executable, "-m", "kvmplan", *arguments], environment())
    shown = b""
    left = [f"{answer}\n".encode() for answer in answers]
    asked = 0
    while True:
        try:
            shown += os.read(terminal, 1000)
        except OSError:
            break
        if shown.count(b"Enter a value: ") > asked and left:
            asked += 1
            os.write(terminal, left.pop(0))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode().replace("\r\n", "\n")


ASKING = """
variable "name" {
  description = "How it is called."
}
variable "numbers" {
  type = list(number)
}
variable "secret" {
  sensitive = true
}
variable "size" {
  default = 3
}
resource "toy_thing" "a" {
  name    = var.name
  size    = var.size
  numbers = var.numbers
  secret  = var.secret
}
"""


def test_missing_variables_are_asked_for_on_a_terminal(project: Path) -> None:
    (project / "main.kvm.hcl").write_text(ASKING)
    answers = ["abc", "[1, 2]", "hush-hush", "yes"]
    status, shown = typed_at_a_terminal(project, ["apply", "--no-color"], answers)
    assert status == 0, shown
    assert "var.name\n  How it is called.\n\n  Enter a value: abc\n\nvar.numbers\n\n  Enter a value: [1, 2]\n" in shown
    assert "hush-hush" not in shown
    world = json.loads((project / "world.json").read_text())["hosts"]["local"]["1"]["values"]
    assert (world["name"], world["numbers"], world["secret"]) == ("abc", [1, 2], "hush-hush")


@pytest.mark.parametrize("option", [[], ["-input=false"]])
def test_without_a_terminal_or_asking_they_are_an_error(option: list[str], project: Path) -> None:
    (project / "main.kvm.hcl").write_text(ASKING)
    if option:
        status, shown = typed_at_a_terminal(project, ["plan", "--no-color", *option], [])
    else:
        said = kvmplan("plan", cwd=project, stdin="abc\n")
        status, shown = said.status, said.stderr
    assert status == 1
    assert shown.count("Error: No value for required variable") == 3


FAR = """
host "near" {
  address = "local"
}
host "far" {
  address = "ssh://nobody@127.0.0.1:9"
}
resource "toy_thing" "a" {
  host = host.near
  name = "a"
}
resource "toy_thing" "b" {
  host = host.far
  name = "b"
}
"""


def test_what_is_left_out_need_not_be_reachable(project: Path) -> None:
    (project / "main.kvm.hcl").write_text(FAR)
    assert kvmplan("plan", cwd=project).status == 1
    assert planned(project, "--target=toy_thing.a") == {"toy_thing.a": "create"}
    assert planned(project, "--exclude=toy_thing.b") == {"toy_thing.a": "create"}


def test_refreshing_only_takes_nothing_else(project: Path) -> None:
    said = kvmplan("refresh", "--allow-destroy=toy_thing.a", "--replace=toy_thing.a", cwd=project)
    assert (said.status, "--replace and --allow-destroy" in said.stderr) == (1, True)
