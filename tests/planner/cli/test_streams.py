"""The stream of ``--json``, as programs that start the command read it: whole lines whatever happens."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .kvmplan_command import Said, environment, kvmplan

TWO = (
    'resource "toy_thing" "a" {\n  name = "a"\n}\n'
    'resource "toy_thing" "b" {\n  name   = "b"\n  parent = toy_thing.a.id\n}\n'
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.kvm.hcl").write_text(TWO)
    return tmp_path


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def of(kind: str, said: Said | str) -> list[dict[str, Any]]:
    return [line for line in lines(said if isinstance(said, str) else said.stdout) if line["type"] == kind]


def fault(project: Path, address: str, when: str) -> None:
    (project / "world.json").write_text(json.dumps({"faults": [{"address": address, "when": when}]}))


def begun(project: Path, *arguments: str, until: str) -> subprocess.Popen[str]:
    """The command under way, as far as a line with ``until`` in it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "kvmplan", *arguments],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        json.loads(line)
        if until in line:
            return process
    raise AssertionError(until)


def test_what_is_wrong_with_the_configuration(project: Path) -> None:
    (project / "main.kvm.hcl").write_text('output "a" {\n  value = var.none\n}\noutput "b" {\n  value = var.none\n}\n')
    said = kvmplan("plan", "-json", cwd=project)
    assert (said.status, said.stderr) == (1, "")
    assert [line["type"] for line in lines(said.stdout)] == ["version", "diagnostic", "diagnostic"]
    first = of("diagnostic", said)[0]
    assert first["@level"] == "error"
    assert first["diagnostic"]["range"]["start"] == {"line": 2, "column": 11, "byte": 23}
    assert first["diagnostic"]["snippet"]["code"] == "  value = var.none"


def test_what_cannot_be_begun(project: Path) -> None:
    for arguments in (["apply", "-json"], ["destroy", "-json"], ["apply", "-json", "no.plan"]):
        said = kvmplan(*arguments, cwd=project)
        assert (said.status, said.stderr) == (1, ""), arguments
        assert [line["type"] for line in lines(said.stdout)] == ["version", "diagnostic"], arguments
    (project / "main.kvm.hcl").unlink()
    said = kvmplan("plan", "-json", cwd=project)
    assert (said.status, said.stderr, len(of("diagnostic", said))) == (1, "", 1)


def test_an_operation_that_fails(project: Path) -> None:
    fault(project, "toy_thing.a", "before")
    said = kvmplan("apply", "-json", "-auto-approve", cwd=project)
    assert (said.status, said.stderr) == (1, "")
    (failed,) = of("apply_errored", said)
    assert failed["hook"]["resource"]["addr"] == "toy_thing.a"
    (diagnostic,) = of("diagnostic", said)
    assert diagnostic["diagnostic"]["address"] == "toy_thing.a"
    end = lines(said.stdout)[-1]
    assert end["type"] == "kvmplan_incomplete"
    assert end["kvmplan_failed"] == [{"address": "toy_thing.a", "action": "create"}]
    assert end["kvmplan_not_tried"] == [{"address": "toy_thing.b", "action": "create"}]


def test_text_and_stream_at_once(project: Path) -> None:
    text = kvmplan("apply", "-auto-approve", cwd=project).stdout
    kvmplan("destroy", "-auto-approve", cwd=project)
    said = kvmplan("apply", "-auto-approve", "-json-into", "stream", cwd=project)
    assert said.stdout == text
    written = (project / "stream").read_text()
    assert of("change_summary", written)[-1]["changes"]["add"] == 2
    assert (project / "stream").stat().st_mode & 0o777 == 0o600
    said = kvmplan("plan", "-json-into", "no/stream", cwd=project)
    assert (said.status, "Cannot write no/stream" in said.stderr) == (1, True)


def test_a_reader_that_goes_away(project: Path) -> None:
    for arguments in (["-json"], []):
        process = subprocess.Popen(
            [sys.executable, "-m", "kvmplan", "apply", "-auto-approve", *arguments],
            cwd=project,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""
        process.stderr.close()
        assert kvmplan("state", "list", cwd=project).stdout == "toy_thing.a\ntoy_thing.b\n"
        kvmplan("destroy", "-auto-approve", cwd=project)


def test_an_interrupt(project: Path) -> None:
    fault(project, "toy_thing.a", "slow")
    process = begun(project, "apply", "-auto-approve", "-json", until='"apply_start"')
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert any("Interrupt received" in of("log", line)[0]["@message"] for line in process.stdout if '"log"' in line)
    (project / "go").touch()
    rest, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (1, "")
    assert of("apply_complete", rest)[0]["hook"]["resource"]["addr"] == "toy_thing.a"
    assert of("kvmplan_incomplete", rest)[0]["kvmplan_interrupted"] is True


def test_an_interrupt_while_hosts_are_read(project: Path) -> None:
    kvmplan("apply", "-auto-approve", cwd=project)
    (project / "hang").touch()
    process = begun(project, "plan", "-json", until='"refresh_start"')
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=120)
    (project / "hang").unlink()
    assert process.returncode == 130
    assert (lines(rest)[-1]["type"], lines(rest)[-1]["@message"]) == ("log", "Interrupted.")


def test_a_refresh_and_drift(project: Path) -> None:
    kvmplan("apply", "-auto-approve", cwd=project)
    world = json.loads((project / "world.json").read_text())
    del world["hosts"]["local"]["1"]
    (project / "world.json").write_text(json.dumps(world))
    said = kvmplan("plan", "-json", cwd=project)
    for kind in ("refresh_start", "refresh_complete"):
        assert [line["hook"]["resource"]["addr"] for line in of(kind, said)] == ["toy_thing.a", "toy_thing.b"]
    (drift,) = of("resource_drift", said)
    assert (drift["change"]["resource"]["addr"], drift["change"]["action"]) == ("toy_thing.a", "delete")
    assert drift["@message"] == "toy_thing.a: Drift detected (delete)"


def test_no_secret_in_it(project: Path) -> None:
    (project / "main.kvm.hcl").write_text(
        'variable "secret" {\n  sensitive = true\n  default   = "s3cret-value"\n}\n'
        'resource "toy_thing" "a" {\n  name = var.secret\n}\n'
        'output "o" {\n  value     = toy_thing.a.name\n  sensitive = true\n}\n'
    )
    said = kvmplan("apply", "-json", "-auto-approve", cwd=project)
    assert said.status == 0
    assert "s3cret-value" not in said.stdout + said.stderr


def test_compact_warnings(project: Path) -> None:
    (project / "main.kvm.hcl").write_text(
        'variable "n" {\n  default = 1\n}\n'
        'check "a" {\n  assert {\n    condition     = var.n == 2\n    error_message = "The first."\n  }\n'
        '  assert {\n    condition     = var.n == 3\n    error_message = "The second."\n  }\n}\n'
    )
    said = kvmplan("plan", "-compact-warnings", cwd=project)
    assert said.stderr == (
        "\nWarnings:\n\n- Check block assertion failed\n  on main.kvm.hcl line 6 (and 1 more)\n\n"
        "Leave out --compact-warnings to read them in full.\n"
    )
    assert "The second." in kvmplan("plan", cwd=project).stderr
