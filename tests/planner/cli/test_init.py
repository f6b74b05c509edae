"""``kvmplan init`` as users run it."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..config.modules.repository import Repository, module_text, output_text
from .kvmplan_command import kvmplan


def test_init_fetches_once_and_says_what_is_next(tmp_path: Path) -> None:
    net = Repository.make(tmp_path / "net", {"main.kvm.hcl": output_text("net")})
    work = tmp_path / "work"
    (work / "own").mkdir(parents=True)
    (work / "own" / "main.kvm.hcl").write_text(output_text("own"))
    (work / "main.kvm.hcl").write_text(module_text("net", net.source) + module_text("own", "./own"))
    said = kvmplan("init", cwd=work)
    assert (said.status, said.stderr) == (0, "")
    lines = said.stdout.splitlines()
    assert lines[:5] == [
        "Initializing modules...",
        f"Downloading {net.source} for net...",
        "- net in .kvmplan/modules/net",
        "- own in own",
        "",
    ]
    assert lines[5] == "kvmplan has been successfully initialized!"
    assert "`kvmplan plan`" in said.stdout
    files = {path: path.stat().st_mtime_ns for path in work.rglob("*")}
    again = kvmplan("init", "--chdir", "work", cwd=tmp_path)
    assert again.stdout.splitlines() == [line for line in lines if not line.startswith("Downloading")]
    assert {path: path.stat().st_mtime_ns for path in work.rglob("*")} == files
    upgraded = kvmplan("init", "-upgrade", cwd=work)
    assert upgraded.stdout.splitlines() == ["Upgrading modules...", *lines[1:]]


def test_init_without_anything_to_do(tmp_path: Path) -> None:
    said = kvmplan("init", cwd=tmp_path)
    assert said.status == 0
    assert said.stdout.startswith("kvmplan initialized in an empty directory!")
    (tmp_path / "main.kvm.hcl").write_text(output_text("root"))
    said = kvmplan("init", cwd=tmp_path)
    assert said.status == 0
    assert said.stdout.strip().startswith("kvmplan has been successfully initialized!")
    assert [path.name for path in tmp_path.iterdir()] == ["main.kvm.hcl"]


def test_init_that_fails_tells_all_with_places(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(
        module_text("net", "net") + module_text("old", "git::file:///nowhere/at/all") + 'resource "ovs_a" "a" {}\n'
    )
    said = kvmplan("init", cwd=tmp_path)
    assert said.status == 1
    assert [line for line in said.stderr.splitlines() if line.startswith(("Error", "  on"))] == [
        "Error: Invalid module source",
        '  on main.kvm.hcl line 2, in module "net":',
        "Error: Cannot fetch module",
        '  on main.kvm.hcl line 5, in module "old":',
        'Error: No provider "ovs"',
        '  on main.kvm.hcl line 7, in resource "ovs_a" "a":',
    ]
    assert 'write "./net"' in said.stderr
    assert "successfully" not in said.stdout
    assert not list((tmp_path / ".kvmplan" / "modules").glob("*/")), "nothing half-written"


def test_a_plan_with_fetched_modules_is_applied_as_it_was_reviewed(tmp_path: Path) -> None:
    thing = 'variable "name" {}\nresource "toy_thing" "this" {\n  name = var.name\n}\n'
    net = Repository.make(tmp_path / "net", {"things/one/main.kvm.hcl": thing})
    work = tmp_path / "work"
    work.mkdir()
    call = f'module "net" {{\n  source = "{net.source}//things/one"\n  name   = "a"\n}}\n'
    (work / "main.kvm.hcl").write_text(call)
    refused = kvmplan("plan", cwd=work)
    assert refused.status == 1
    assert "Error: Module not installed" in refused.stderr and "`kvmplan init`" in refused.stderr
    assert kvmplan("init", cwd=work).status == 0
    assert kvmplan("validate", cwd=work).status == 0
    planned = kvmplan("plan", "--out", "saved", cwd=work)
    assert "module.net.toy_thing.this will be created" in planned.stdout
    shutil.rmtree(work / ".kvmplan")
    applied = kvmplan("apply", "--auto-approve", "saved", cwd=work)
    assert (applied.status, applied.stderr) == (0, "")
    assert kvmplan("state", "list", cwd=work).stdout == "module.net.toy_thing.this\n"


def test_a_backend_that_cannot_be_reached_is_not_said_to_keep_the_state(tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(
        'kvmplan {\n  backend "http" {\n    address = "http://127.0.0.1:9/state"\n  }\n}\n' + output_text("root")
    )
    said = kvmplan("init", cwd=tmp_path)
    assert (said.status, "cannot be reached" in said.stderr, "from now on" in said.stdout) == (1, True, False)
    assert "Backend is not initialized" in kvmplan("plan", cwd=tmp_path).stderr
