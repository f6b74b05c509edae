"""Secrets are in nothing that is printed, wherever a provider put them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .kvmplan_command import Said, kvmplan

SECRET = "correct-horse-battery"
VARIABLE = 'variable "secret" {\n  sensitive = true\n}\n'
HANDED_BACK = """
resource "terraform_data" "a" {
  input            = var.secret
  triggers_replace = ["1"]
}
output "holder" {
  value     = terraform_data.a.input
  sensitive = true
}
"""
IN_ANOTHER = """
resource "toy_thing" "a" {
  name = var.secret
}
output "plain" {
  value = toy_thing.a.label
}
output "repeated" {
  value = ["it is ${nonsensitive(var.secret)}"]
}
"""


class Terminal:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.printed: list[str] = []

    def write(self, text: str) -> None:
        (self.directory / "main.kvm.hcl").write_text(VARIABLE + text)

    def run(self, *arguments: str, given: bool = True) -> Said:
        more = {"KVMPLAN_VAR_secret": SECRET} if given else {}
        said = kvmplan(*arguments, cwd=self.directory, **more)
        self.printed += [said.stdout, said.stderr]
        return said

    @property
    def shown(self) -> bool:
        return any(SECRET in text for text in self.printed)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


def test_what_a_provider_hands_back_in_another_attribute(terminal: Terminal) -> None:
    terminal.write(HANDED_BACK)
    assert terminal.run("apply", "--auto-approve").status == 0
    terminal.write(HANDED_BACK.replace('"1"', '"2"'))
    said = terminal.run("plan", "--out", "p")
    assert "~ output           = (sensitive value)" in said.stdout
    terminal.run("show", "p")
    terminal.run("show", "--format", "markdown", "p")
    terminal.run("show")
    terminal.run("state", "show", "terraform_data.a", given=False)
    terminal.run("plan", "--destroy")
    assert terminal.run("apply", "p").status == 0
    assert not terminal.shown


def test_marks_in_json_say_so_as_terraform_does(terminal: Terminal) -> None:
    terminal.write(HANDED_BACK)
    terminal.run("apply", "--auto-approve")
    terminal.run("plan", "--destroy", "--out", "p")
    document: dict[str, Any] = json.loads(kvmplan("show", "--json", "p", cwd=terminal.directory).stdout)
    (changed,) = document["resource_changes"]
    assert changed["change"]["before_sensitive"] == {"input": True, "output": True, "triggers_replace": [False]}
    (before,) = document["prior_state"]["values"]["root_module"]["resources"]
    assert before["sensitive_values"] == changed["change"]["before_sensitive"]


def test_what_a_provider_makes_of_it(terminal: Terminal) -> None:
    terminal.write(IN_ANOTHER)
    said = terminal.run("apply", "--auto-approve")
    assert "plain = <sensitive>" in said.stdout
    assert "repeated = <sensitive>" in said.stdout
    terminal.run("state", "show", "toy_thing.a", given=False)
    terminal.run("show", given=False)
    terminal.run("output", given=False)
    assert not terminal.shown


def test_drift_with_it(terminal: Terminal) -> None:
    terminal.write(
        IN_ANOTHER.replace("var.secret", '"thing"', 1) + 'resource "terraform_data" "b" {\n  input = var.secret\n}\n'
    )
    terminal.run("apply", "--auto-approve")
    world = json.loads((terminal.directory / "world.json").read_text())
    world["hosts"]["local"]["1"]["values"]["note"] = f"it is {SECRET}"
    (terminal.directory / "world.json").write_text(json.dumps(world))
    said = terminal.run("plan")
    assert "Objects have changed outside of kvmplan" in said.stdout
    assert not terminal.shown


def test_errors_that_tell_it(terminal: Terminal) -> None:
    terminal.write('data "toy_thing" "it" {\n  name = var.secret\n}\n')
    said = terminal.run("plan")
    assert "There is no '(sensitive value)'." in said.stderr
    terminal.write(f'locals {{\n  a = [sensitive("{SECRET}"), "{SECRET}"][5]\n  b = sensitive("{SECRET}")\n}}\n')
    said = terminal.run("plan")
    assert "*" * len(SECRET) in said.stderr
    terminal.write(IN_ANOTHER)
    world = {"next": 1, "hosts": {}, "log": [], "faults": [{"address": "toy_thing.a", "when": "lie"}]}
    (terminal.directory / "world.json").write_text(json.dumps(world))
    assert terminal.run("apply", "--auto-approve").status == 1
    assert not terminal.shown
