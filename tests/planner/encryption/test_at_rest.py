"""With encryption on, what is written tells nothing, in whatever state a run leaves it."""

from __future__ import annotations

import json
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvmplan.lang.values import quoted
from kvmplan.state.store import StateStore

from .command import Command, Said

KEY, OTHER = (b64encode(bytes([number]) * 32).decode() for number in (1, 2))
CONFIGURATION = """
variable "secret" {
  sensitive = true
}
kvmplan {
  encryption {
    key_provider "env" "main" {
      variable = "THE_KEY"
    }
    method "aes_gcm" "main" {
      keys = key_provider.env.main
    }
    state {
      method   = method.aes_gcm.main
      enforced = true
    }
  }
}
resource "toy_thing" "a" {
  name   = "a"
  secret = var.secret
}
resource "terraform_data" "a" {
  input = [var.secret, toy_thing.a.id]
}
output "held" {
  value     = terraform_data.a.output
  sensitive = true
}
"""
ROTATING = CONFIGURATION.replace(
    "    state {\n      method   = method.aes_gcm.main\n",
    """    key_provider "env" "next" {
      variable = "NEXT_KEY"
    }
    method "aes_gcm" "next" {
      keys = key_provider.env.next
    }
    state {
      method   = method.aes_gcm.next
      fallback {
        method = method.aes_gcm.main
      }
""",
)


@pytest.fixture(autouse=True)
def configured(command: Command, tmp_path: Path) -> None:
    (tmp_path / "main.kvm.hcl").write_text(CONFIGURATION)


def applied(command: Command, secret: str = "correct-horse-battery", *more: str, **environment: str) -> Said:
    keys = {"THE_KEY": KEY} | environment
    return command("apply", "--auto-approve", *more, KVMPLAN_VAR_secret=secret, **keys)


def written(directory: Path) -> dict[str, bytes]:
    """Every file but the configuration, and the world, which stands for the hosts."""
    apart = {"main.kvm.hcl", "world.json"}
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.name not in apart
    }


def spellings(secret: str) -> set[bytes]:
    """As it is, and as JSON, HCL and base64 have it."""
    texts = {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], quoted(secret)[1:-1]}
    return {text.encode() for text in texts} | {b64encode(secret.encode()).rstrip(b"=")[:-1]}


printable = st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="$%")


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(printable, min_size=9, max_size=40))
def test_no_secret_is_in_any_file_or_in_anything_printed(command: Command, tmp_path: Path, secret: str) -> None:
    for name in written(tmp_path):
        (tmp_path / name).unlink()
    (tmp_path / "world.json").unlink(missing_ok=True)
    said = [applied(command, secret)]
    assert [one.status for one in said] == [0], said
    fault = {"address": "toy_thing.a", "when": "after", "verb": "update"}
    world = json.loads((tmp_path / "world.json").read_text())
    (tmp_path / "world.json").write_text(json.dumps({**world, "faults": [fault]}))
    said.append(applied(command, secret + "2"))
    said.append(command("plan", "--out", "p", KVMPLAN_VAR_secret=secret, THE_KEY=KEY))
    said.append(command("show", "p", THE_KEY=KEY))
    said.append(command("show", THE_KEY=KEY))
    said.append(command("output", THE_KEY=KEY))
    said.append(command("plan", "--json", KVMPLAN_VAR_secret=f"{secret}3", THE_KEY=KEY))
    said.append(applied(command, secret, "--json"))
    said.append(command("drift", KVMPLAN_VAR_secret=f"{secret}3", THE_KEY=KEY))
    said.append(command("destroy", "--auto-approve", "--json", KVMPLAN_VAR_secret=f"{secret}3", THE_KEY=KEY))
    found = written(tmp_path)
    assert {"kvmplan.state.json", "kvmplan.state.json.backup", "p"} <= found.keys()
    assert [one.status for one in said] == [0, 1, *[0] * 8], said
    for spelling in spellings(secret):
        assert [name for name, data in found.items() if spelling in data] == []
        assert spelling not in "".join(one.stdout + one.stderr for one in said).encode()


def test_the_journal_of_a_run_that_was_killed_tells_nothing_and_is_taken_in(command: Command, tmp_path: Path) -> None:
    assert applied(command).status == 0
    before = (tmp_path / "kvmplan.state.json").read_bytes()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StateStore, "save", _killed)
        assert applied(command, "another-horse-battery").status == 137
    journal = (tmp_path / "kvmplan.state.json.journal").read_bytes()
    assert journal.count(b"\n") > 1
    assert not any(spelling in journal for spelling in spellings("another-horse-battery"))
    assert (tmp_path / "kvmplan.state.json").read_bytes() == before
    refused = applied(command, THE_KEY=OTHER)
    assert refused.status == 1
    assert "Wrong key for kvmplan.state.json" in refused.stderr
    assert applied(command, "another-horse-battery").status == 0
    assert not (tmp_path / "kvmplan.state.json.journal").exists()


def _killed(*_arguments: object, **_more: object) -> None:
    raise SystemExit(137)


@pytest.mark.parametrize(
    ("environment", "summary"),
    [
        ({"THE_KEY": OTHER}, "Wrong key for kvmplan.state.json"),
        ({"THE_KEY": ""}, "No encryption key"),
        ({"THE_KEY": "hunter2"}, "Not an encryption key"),
    ],
)
def test_without_the_right_key_nothing_is_overwritten(
    command: Command, tmp_path: Path, environment: dict[str, str], summary: str
) -> None:
    applied(command)
    before = written(tmp_path)
    for arguments in (("state", "list"), ("show",), ("apply", "--auto-approve"), ("destroy", "--auto-approve")):
        said = command(*arguments, KVMPLAN_VAR_secret="another-horse-battery", **environment)
        assert said.status == 1
        assert f"Error: {summary}" in said.stderr
    assert written(tmp_path) == before


def test_a_damaged_state_is_left_as_it_is(command: Command, tmp_path: Path) -> None:
    applied(command)
    path = tmp_path / "kvmplan.state.json"
    for damaged in (path.read_bytes()[:-20], path.read_bytes().replace(b'"serial": 1', b'"serial": 2')):
        path.write_bytes(damaged)
        said = applied(command, "another-horse-battery")
        assert "Error: kvmplan.state.json is damaged" in said.stderr
        assert path.read_bytes() == damaged


def test_a_key_is_changed(command: Command, tmp_path: Path) -> None:
    applied(command)
    (tmp_path / "main.kvm.hcl").write_text(ROTATING)
    assert applied(command, "another-horse-battery", NEXT_KEY=OTHER).status == 0
    (tmp_path / "main.kvm.hcl").write_text(CONFIGURATION)
    assert command("state", "list", THE_KEY=OTHER).stdout == "terraform_data.a\ntoy_thing.a\n"
    assert "Wrong key" in command("state", "list", THE_KEY=KEY).stderr


def test_serial_and_lineage_can_be_read_without_the_key(command: Command, tmp_path: Path) -> None:
    applied(command)
    state = json.loads((tmp_path / "kvmplan.state.json").read_text())
    assert state["serial"] == 1
    assert len(state["lineage"]) == 36


def test_encryption_from_the_environment(command: Command, tmp_path: Path) -> None:
    block = CONFIGURATION[CONFIGURATION.index("    key_provider") : CONFIGURATION.index("    state {")]
    plain = CONFIGURATION.replace(block, "").replace("      method   = method.aes_gcm.main\n", "")
    (tmp_path / "main.kvm.hcl").write_text(plain)
    refused = applied(command)
    assert "Error: Nothing says how the state is encrypted" in refused.stderr
    text = f"{block}\nstate {{\n  method = method.aes_gcm.main\n}}\n"
    assert applied(command, KVMPLAN_ENCRYPTION=text).status == 0
    assert (tmp_path / "kvmplan.state.json").read_bytes().startswith(b'{"kvmplan_encryption"')
    wrong = applied(command, KVMPLAN_ENCRYPTION="state {")
    assert "on <KVMPLAN_ENCRYPTION> line 1" in wrong.stderr
