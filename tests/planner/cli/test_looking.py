"""Looking at versions, outputs and states: what scripts and shells get."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kvmplan import __version__

from .kvmplan_command import kvmplan

CONFIGURATION = """
resource "terraform_data" "many" {
  for_each = toset(["a", "b"])
  input    = each.key
}

module "site" {
  source = "./site"
}

output "secret" {
  value     = "hunter2"
  sensitive = true
}

output "repeats" {
  value = "it is hunter2"
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.kvm.hcl").write_text(CONFIGURATION)
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "main.kvm.hcl").write_text('resource "terraform_data" "in" {}\n')
    assert kvmplan("apply", "-auto-approve", cwd=tmp_path).status == 0
    return tmp_path


def completed(project: Path, *words: str) -> list[str]:
    """What a shell is told when the last of ``words`` is to be completed."""
    said = kvmplan(
        cwd=project,
        _KVMPLAN_COMPLETE="complete_bash",
        COMP_WORDS=" ".join(["kvmplan", *words]),
        COMP_CWORD=str(len(words)),
    )
    return [line for line in said.stdout.splitlines() if line]


def test_shells_complete_what_is_in_the_state(project: Path) -> None:
    assert completed(project, "state", "mv", "module.") == ["module.site", "module.site.terraform_data.in"]
    assert completed(project, "state", "show", "terraform_data.m") == [
        'terraform_data.many["a"]',
        'terraform_data.many["b"]',
    ]
    assert "terraform_data.many" in completed(project, "state", "rm", "terraform_data")
    assert completed(project, "output", "s") == ["secret"]
    (project / "kvmplan.state.json").write_text("broken")
    assert completed(project, "output", "s") == []


def test_versions(tmp_path: Path) -> None:
    text = kvmplan("version", cwd=tmp_path).stdout.splitlines()
    assert text[0] == f"kvmplan v{__version__}"
    document = json.loads(kvmplan("version", "-json", cwd=tmp_path).stdout)
    assert document["kvmplan_version"] == __version__
    assert text[1] == f"on {document['platform']}"
    assert text[2:] == [f"+ provider {name} v{one}" for name, one in document["provider_selections"].items()]
    assert {"libvirt", "netplan", "nftables", "toy"} <= document["provider_selections"].keys()


def test_what_repeats_a_secret_is_listed_without_it(project: Path) -> None:
    assert kvmplan("output", cwd=project).stdout == "repeats = <sensitive>\nsecret = <sensitive>\n"
    assert "hunter2" not in kvmplan("show", cwd=project).stdout
    assert kvmplan("output", "repeats", cwd=project).stdout == '"it is hunter2"\n'


def test_state_files_are_shown_wherever_they_are(project: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes((project / "kvmplan.state.json").read_bytes())
    for form in ([], ["-json"]):
        there = kvmplan("show", *form, str(elsewhere), cwd=tmp_path)
        assert (there.status, there.stdout) == (0, kvmplan("show", *form, cwd=project).stdout)
    for wrong in ("main.kvm.hcl", "nothing"):
        said = kvmplan("show", wrong, cwd=project)
        assert (said.status, said.stdout, "Traceback" in said.stderr) == (1, "", False)
