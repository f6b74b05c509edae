"""Looking for providers: which are needed, whether they are there, and whether their versions fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from kvmplan.backends.settling import Wish
from kvmplan.initialize import initialize
from kvmplan.plugins import Plugins


def initialized(directory: Path, text: str) -> tuple[list[str], list[str]]:
    """What is told, and the problems with their places."""
    (directory / "main.kvm.hcl").write_text(text)
    told: list[str] = []
    _, diagnostics = initialize(directory, Plugins(), Wish(), upgrade=False, tell=told.append)
    return told, [f"{one.source.start.line if one.source else 0}: {one.summary}: {one.detail}" for one in diagnostics]


def test_providers_of_all_modules_are_named_once(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "main.kvm.hcl").write_text('resource "netplan_bridge" "a" {\n  name = "a"\n}\n')
    told, problems = initialized(
        tmp_path,
        'resource "toy_thing" "a" {\n  name = "a"\n}\ndata "toy_thing" "b" {\n  name = "a"\n}\n'
        'module "net" {\n  source = "./net"\n}\n',
    )
    assert problems == []
    assert told[:2] == ["Initializing modules...", "- net in net"]
    assert told[2] == "\nInitializing provider plugins..."
    assert [line.split(" from ")[0] for line in told[3:]] == ["- netplan", "- toy"]
    assert told[-1] == "- toy from kvmplan-toy 1.0"


def test_a_local_name_stands_for_a_plugin(tmp_path: Path) -> None:
    told, problems = initialized(
        tmp_path,
        'kvmplan {\n  required_providers {\n    game = { source = "toys/toy", version = "~> 1.0" }\n  }\n}\n'
        'resource "game_thing" "a" {\n  name = "a"\n}\n',
    )
    assert problems == []
    assert told[-1] == "- toy from kvmplan-toy 1.0"


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    told, problems = initialized(
        tmp_path,
        'kvmplan {\n  required_providers {\n    toy = ">= 2"\n    netplan = "newest"\n  }\n}\n'
        'resource "ovs_bridge" "a" {}\nmodule "a" {\n  source = "nowhere"\n}\n',
    )
    assert [problem.split(":")[1] for problem in sorted(problems)] == [
        ' Provider "toy" has another version',
        " Invalid version constraint",
        ' No provider "ovs"',
        " Invalid module source",
    ]
    assert [line for line in told if line.startswith("- ")] == []
    (missing,) = (problem for problem in problems if "ovs" in problem)
    assert missing.startswith("7: ") and "-m pip install kvmplan-ovs" in missing
    (other,) = (problem for problem in problems if "another version" in problem)
    assert ">= 2 is required, and kvmplan-toy 1.0 is installed" in other


def test_a_provider_that_cannot_be_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "kvmplan_bang_code.py").write_text("raise RuntimeError('oops')\n")
    information = tmp_path / "kvmplan_bang-2.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: kvmplan-bang\nVersion: 2.0\n")
    (information / "entry_points.txt").write_text("[kvmplan]\nbang = kvmplan_bang_code\n")
    monkeypatch.syspath_prepend(tmp_path)
    _, (problem,) = initialized(tmp_path, 'resource "bang_thing" "a" {}\n')
    assert problem.startswith('1: Provider "bang" cannot be loaded: kvmplan-bang 2.0 raised')
