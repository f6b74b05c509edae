"""`kvmplan init` and the backend: what is settled, what is noticed, what is taken along."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

from ...plugins.backends import servers
from ...plugins.backends.conftest import http_values, s3_values
from ...plugins.backends.servers import GitLab
from .project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_states_move_from_backend_to_backend_and_back(project: Project, postgres: str, seaweed: str) -> None:
    project.write()
    project("apply", "-auto-approve")
    project("workspace", "new", "dev")
    project("apply", "-auto-approve")
    pg = {"conn_str": postgres, "schema_name": "moves"}
    project.write("pg", pg)
    project("plan", fails="Backend is not initialized")
    project("init", "-backend=false")
    project("plan", fails="Backend is not initialized")
    project("init", stdin="no\n", fails="The states were not copied")
    project("init", "-input=false", stdin="yes\n", fails="The states were not copied")
    said = project("init", stdin="yes\n")
    assert "- copied kvmplan.state.json to " in said.stdout
    assert sorted(path.name for path in project.directory.glob("kvmplan.state.json*")) == [
        "kvmplan.state.json.backup",
        "kvmplan.state.json.lock",
    ]
    assert project("plan", "-detailed-exitcode").status == 0
    assert project("workspace", "list").stdout.split() == ["default", "*", "dev"]
    project.write("s3", s3_values(seaweed))
    project("plan", fails="Backend configuration changed")
    project("init", fails="Backend configuration changed")
    project("init", "-migrate-state", stdin="yes\n")
    assert project("plan", "-detailed-exitcode").status == 0
    assert project("workspace", "list").stdout.split() == ["default", "*", "dev"]
    project.write()
    project("init", "-force-copy")
    assert project("workspace", "list").stdout.split() == ["default", "*", "dev"]
    assert project("plan", "-detailed-exitcode").status == 0
    project("workspace", "select", "default")
    assert project("plan", "-detailed-exitcode").status == 0
    assert not (project.directory / ".kvmplan" / "backend.json").exists()


def test_a_state_of_another_lineage_is_never_written_over(project: Project, postgres: str) -> None:
    pg = {"conn_str": postgres, "schema_name": "lineages"}
    project.write("pg", pg)
    project("init")
    project("apply", "-auto-approve")
    project.write()
    project("init", "-reconfigure")
    project("apply", "-auto-approve")
    before = (project.directory / "kvmplan.state.json").read_bytes()
    project.write("pg", pg)
    said = project("init", stdin="yes\n", fails="There is a state in the new place")
    assert "its lineage differs" in said.stderr
    assert (project.directory / "kvmplan.state.json").read_bytes() == before
    project("init", "-reconfigure")
    assert project("plan", "-detailed-exitcode").status == 0


def test_a_newer_state_is_never_written_over(project: Project) -> None:
    project.write(names="a")
    project("apply", "-auto-approve")
    old = (project.directory / "kvmplan.state.json").read_bytes()
    project.write("local", {"path": "there.json"}, names="ab")
    project("init", stdin="yes\n")
    project("apply", "-auto-approve")
    (project.directory / "kvmplan.state.json").write_bytes(old)
    project.write(names="ab")
    project("init", "-reconfigure")
    project.write("local", {"path": "there.json"}, names="ab")
    said = project("init", stdin="yes\n", fails="There is a state in the new place")
    assert "is newer" in said.stderr
    there = project.directory / "there.json"
    another = json.dumps({**json.loads(there.read_bytes()), "serial": json.loads(old)["serial"]}).encode()
    there.write_bytes(another)
    said = project("init", stdin="yes\n", fails="There is a state in the new place")
    assert "something else under the same serial" in said.stderr
    assert there.read_bytes() == another
    project("init", "-reconfigure", "-migrate-state", fails="Options that exclude each other")


def test_several_workspaces_do_not_fit_into_one(project: Project, gitlab: GitLab) -> None:
    project.write()
    project("apply", "-auto-approve")
    project("workspace", "new", "dev")
    project.write("http", http_values(gitlab))
    project("init", "-migrate-state", stdin="yes\n", fails="More workspaces than the backend keeps")
    assert gitlab.states == {}


def test_what_a_killed_run_left_must_be_taken_in_first(project: Project) -> None:
    project.write()
    project("apply", "-auto-approve")
    journal = project.directory / "kvmplan.state.json.journal"
    journal.write_text('{"lineage": "x"}\n')
    project.write("local", {"path": "there.json"})
    project("init", stdin="yes\n", fails="A run was cut short")


def test_the_rest_of_the_settings_is_given_to_init(project: Project, gitlab: GitLab) -> None:
    values = http_values(gitlab)
    secrets = {name: values.pop(name) for name in ("username", "password")}  # type: ignore[attr-defined]
    project.write("http", values)
    (project.directory / "secret.hcl").write_text(f'password = "{secrets["password"]}"\n')
    project("init", "-backend-config", "usrname=x", fails='Unknown argument of backend "http"')
    project("init", "-backend-config", "retry_max=many", fails="Wrong type")
    project("init", "-backend-config", "nowhere.hcl", fails="No file nowhere.hcl")
    project("init", "-backend-config", f"username={servers.USER}", "-backend-config=secret.hcl")
    record = project.directory / ".kvmplan" / "backend.json"
    assert record.stat().st_mode & 0o777 == 0o600
    assert json.loads(record.read_text())["values"]["password"] == servers.TOKEN
    project("apply", "-auto-approve")
    assert project.listed() == ["terraform_data.a"]
    project("init")
    assert project.listed() == ["terraform_data.a"], "what was given stays until something else is"
    project("plan", "-out", "p")
    head, _, behind = (project.directory / "p").read_bytes().partition(b"\n")
    contents = head + zlib.decompress(behind)
    assert b"lock_address" in contents
    assert servers.TOKEN.encode() not in contents


def test_the_environment_gives_settings_and_is_never_recorded(project: Project, gitlab: GitLab) -> None:
    project.environment = {f"KVMPLAN_HTTP_{name.upper()}": str(value) for name, value in http_values(gitlab).items()}
    project.write("http")
    project("init")
    project("apply", "-auto-approve")
    assert len(gitlab.states) == 1
    assert servers.TOKEN not in (project.directory / ".kvmplan" / "backend.json").read_text()
    project.environment["KVMPLAN_HTTP_RETRY_MAX"] = "x"
    project("plan", fails="Wrong type")
    project.environment = {}
    said = project("plan", fails="Missing argument")
    assert "KVMPLAN_HTTP_ADDRESS" in said.stderr


def test_what_is_wrong_with_a_block_is_told_at_once(project: Project) -> None:
    (project.directory / "main.kvm.hcl").write_text(
        'kvmplan {\n  backend "http" {\n    address = "https://${var.x}"\n    adress  = local.y\n  }\n}\n'
    )
    for command in ("init", "validate"):
        said = project(command, fails="Reference in a backend block")
        assert "line 3" in said.stderr and "line 4" in said.stderr
    (project.directory / "main.kvm.hcl").write_text('kvmplan {\n  backend "http" {\n    adress = "x"\n  }\n}\n')
    said = project("validate", fails="Unsupported argument")
    assert 'Did you mean "address"?' in said.stderr
    (project.directory / "main.kvm.hcl").write_text('kvmplan {\n  backend "htpp" {\n  }\n}\n')
    assert 'Did you mean "http"?' in project("validate", fails="Unknown backend").stderr
    project.write()
    project("init", "-backend-config=a=b", fails="No backend to configure")


ENCRYPTION = """kvmplan {
  encryption {
    key_provider "pbkdf2" "main" {
      passphrase = "correct horse battery staple"
    }
    method "aes_gcm" "main" {
      keys = key_provider.pbkdf2.main
    }
    state {
      method   = method.aes_gcm.main
      enforced = true
    }
  }
}
"""


def test_what_is_encrypted_stays_so(project: Project, gitlab: GitLab) -> None:
    (project.directory / "encryption.kvm.hcl").write_text(ENCRYPTION)
    project.write()
    project("apply", "-auto-approve")
    project.write("http", http_values(gitlab))
    project("init", "-force-copy")
    assert project.listed() == ["terraform_data.a"]
    assert project("plan", "-detailed-exitcode").status == 0
    (stored,) = gitlab.states.values()
    assert b"terraform_data" not in stored
    assert {"serial", "lineage"} <= json.loads(stored).keys(), "GitLab wants a serial"
