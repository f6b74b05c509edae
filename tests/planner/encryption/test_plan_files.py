"""Plan files, as the command line makes and takes them: exactly the plan that was reviewed, or none."""

from __future__ import annotations

import json
import re
import shutil
from base64 import b64encode
from pathlib import Path

import pytest

from kvmplan.encryption import PLAIN
from kvmplan.plan.file.container import pack, read_head, unpack

from .command import Command

KEY = b64encode(b"1" * 32).decode()
PLANS = """
kvmplan {
  encryption {
    key_provider "env" "ci" {
      variable = "PLAN_KEY"
    }
    method "aes_gcm" "ci" {
      keys = key_provider.env.ci
    }
    plan {
      method = method.aes_gcm.ci
    }
  }
}
"""
THING = 'resource "toy_thing" "a" {\n  name = "a"\n}\n'
SECRET = """
variable "secret" {
  sensitive = true
}
resource "toy_thing" "a" {
  name   = "a"
  secret = var.secret
}
"""


def write(directory: Path, text: str) -> None:
    (directory / "main.kvm.hcl").write_text(text)


def digest_in(text: str) -> str:
    found = re.search(r"\(?(sha256:[0-9a-f]{64})", text)
    assert found is not None, text
    return found[1]


def test_the_digest_is_told_and_expected(command: Command, tmp_path: Path) -> None:
    write(tmp_path, THING)
    reviewed = digest_in(command("plan", "--out", "p").stdout)
    assert digest_in(command("plan", "--out", "again").stdout) == reviewed
    write(tmp_path, THING.replace('"a"\n', '"b"\n'))
    refused = command("apply", "--auto-approve", "--expect-digest", reviewed)
    assert refused.status == 1
    assert "Error: The plan changed since it was reviewed" in refused.stderr
    assert not (tmp_path / "world.json").exists()
    assert "Error: Not a digest" in command("apply", "--auto-approve", "--expect-digest", "sha256:12").stderr
    write(tmp_path, THING)
    assert command("apply", "--auto-approve", "--expect-digest", reviewed).status == 0
    gone = digest_in(command("plan", "--destroy", "--out", "p").stdout)
    assert command("apply", "--expect-digest", reviewed, "p").status == 1
    assert command("destroy", "--auto-approve", "--expect-digest", gone).status == 0


def test_a_plan_without_secrets_goes_anywhere(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, THING)
    said = command("plan", "--out", "p")
    assert "encrypted" not in said.stdout
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "p", elsewhere)
    monkeypatch.chdir(elsewhere)
    assert "toy_thing.a will be created" in command("show", "p").stdout
    applied = command("apply", "p")
    assert applied.status == 0
    assert digest_in(applied.stdout) == digest_in(said.stdout)


def test_a_plan_with_secrets_stays_where_it_was_made(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, SECRET)
    said = command("plan", "--out", "p", KVMPLAN_VAR_secret="correct-horse-battery")
    assert "it can be applied in this directory only" in " ".join(said.stdout.split())
    key = tmp_path / ".kvmplan" / "plan.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "p").stat().st_mode & 0o777 == 0o600
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "p", elsewhere)
    monkeypatch.chdir(elsewhere)
    for _ in range(2):
        refused = command("apply", "p")
        assert refused.status == 1
        assert "Error: Plan of another directory" in refused.stderr
        (elsewhere / ".kvmplan").mkdir(exist_ok=True)
        (elsewhere / ".kvmplan" / "plan.key").write_text(KEY)
    monkeypatch.chdir(tmp_path)
    assert "secret   = (sensitive value)" in command("show", "p").stdout
    assert command("apply", "p").status == 0


def test_a_plan_that_travels_has_a_key_that_does(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, SECRET + PLANS)
    said = command("plan", "--out", "p", KVMPLAN_VAR_secret="correct-horse-battery", PLAN_KEY=KEY)
    assert said.status == 0
    assert "directory only" not in said.stdout
    assert b"correct-horse" not in (tmp_path / "p").read_bytes()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(tmp_path / "p", elsewhere)
    monkeypatch.chdir(elsewhere)
    assert "Error: p is encrypted" in command("apply", "p").stderr
    inner = PLANS.strip().splitlines()[2:-2]
    assert command("apply", "p", KVMPLAN_ENCRYPTION="\n".join(inner), PLAN_KEY=KEY).status == 0


def test_variables_of_which_keys_are_made_are_in_no_plan_file(command: Command, tmp_path: Path) -> None:
    passphrase = PLANS.replace('"env" "ci"', '"pbkdf2" "ci"').replace(
        'variable = "PLAN_KEY"', "passphrase = local.passphrase\n      iterations = 200000"
    )
    write(
        tmp_path,
        SECRET
        + passphrase.replace("key_provider.env", "key_provider.pbkdf2")
        + 'variable "passphrase" {}\nlocals {\n  passphrase = var.passphrase\n}\n',
    )
    given = {"KVMPLAN_VAR_passphrase": "a-long-enough-passphrase"}
    assert command("plan", "--out", "p", KVMPLAN_VAR_secret="correct-horse-battery", **given).status == 0
    assert command("apply", "p").status == 1
    assert command("apply", "p", **given).status == 0
    assert command("apply", "--var", "passphrase=x", "p").status == 1


def test_a_plan_by_others_is_refused_but_shown(command: Command, tmp_path: Path) -> None:
    write(tmp_path, THING)
    command("plan", "--out", "p")
    path = tmp_path / "p"
    data = path.read_bytes()
    head = dict(read_head(data, "p"))
    contents = unpack(data, head, PLAIN, "p")
    told = {name: head[name] for name in ("digest", "directory", "workspace")}
    makers = {"kvmplan": "0.0.1", "toy": "0.9", "gone": "1.0"}
    path.write_bytes(pack({**told, "makers": makers}, contents, PLAIN))
    refused = command("apply", "p")
    assert refused.status == 1
    for who in ("kvmplan", 'the provider "toy"', 'the provider "gone"'):
        assert f"Error: Plan by another version of {who}" in refused.stderr
    assert "toy_thing.a will be created" in command("show", "p").stdout


def test_a_stale_plan_is_refused_but_shown(command: Command, tmp_path: Path) -> None:
    write(tmp_path, THING)
    command("plan", "--out", "p")
    command("apply", "--auto-approve")
    assert "Error: Saved plan is stale" in command("apply", "p").stderr
    assert "toy_thing.a will be created" in command("show", "p").stdout
    document = json.loads(command("show", "--json", "p").stdout)
    assert document["resource_changes"][0]["change"]["actions"] == ["create"]


def test_what_is_no_plan_file(command: Command, tmp_path: Path) -> None:
    write(tmp_path, THING)
    assert "Error: No plan file q" in command("apply", "q").stderr
    (tmp_path / "q").write_text("hello")
    assert "Error: q is not a plan file" in command("apply", "q").stderr
    assert "Error: q is not a plan file" in command("show", "q").stderr
